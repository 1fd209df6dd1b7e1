/** The shapes of the node's local API, as the page takes them from the node's own schemas. */
import type { Status as NodeStatus, StreamEvents as NodeEvents } from './owner-views.ts'

export type * from '../../../node-app/api/schemas.ts'
export type { IdentityView, Phrase } from './owner-views.ts'
export type Status = NodeStatus
export type StreamEvents = NodeEvents
