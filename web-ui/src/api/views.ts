import type { MessageView, StreamEvents } from '../../../node-app/api/schemas.ts'

/** The shapes of the node's local API, from the node's own schemas. */
export type * from '../../../node-app/api/schemas.ts'

export type FileView = StreamEvents['files']['files'][number]
export type FileCard = NonNullable<MessageView['file']>
export interface FolderEntry {
  readonly path: string
  readonly size: number
}
export interface AutoFetch {
  readonly lan: number
  readonly dht: number
  readonly ble: number
  readonly other: number
}
export interface FilePolicy {
  readonly autoFetch: AutoFetch
  readonly keepFor: number | null
}
export interface FilePolicyChange {
  readonly autoFetch?: Partial<AutoFetch> | null
  readonly keepFor?: number | null | 'default'
}
export interface FileStorage {
  readonly used: number
  readonly quota: number | null
}
