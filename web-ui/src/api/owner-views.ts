/** What the node tells of this person and of its lock. */
import type * as node from '../../../node-app/api/schemas.ts'

export interface IdentityView {
  readonly person: string
  readonly device: string
  readonly name: string
  readonly avatar?: string
  /** Whether this device holds the 24 words (paired devices do not). */
  readonly hasPhrase: boolean
  readonly sealed: boolean
}

export interface Phrase {
  readonly phrase: string
}

export type Status = node.Status & { readonly locked?: boolean; readonly sealed?: boolean }

export type StreamEvents = node.StreamEvents & { readonly wiped: Record<never, never> }
