/** What the contestant calls of packages whose ambient types declare only what Porchlight itself calls. */
import Autobase from 'autobase'
import Corestore from 'corestore'
import Hyperbee from 'hyperbee'
import type Hypercore from 'hypercore'

export interface ChatMessage {
  /** Sorts as the view is sorted; unlike any other. */
  readonly key: string
  readonly from: string
  readonly text: string
}

/** What is appended: a message, or another writer's key in hex. */
export type ChatOperation = { readonly message: ChatMessage } | { readonly add: string }

export interface BeeView {
  readonly version: number
  get(key: string): Promise<unknown>
  batch(options: { update: boolean }): {
    put(key: string, value: ChatMessage): Promise<void>
    flush(): Promise<void>
  }
  createReadStream(range: { gte: string; lt: string }): AsyncIterable<{ key: string }>
}

export interface ChatBase {
  readonly key: Buffer
  readonly local: { readonly key: Buffer }
  readonly view: BeeView
  readonly writable: boolean
  ready(): Promise<void>
  close(): Promise<void>
  update(): Promise<void>
  ack(): Promise<void>
  append(operations: ChatOperation | readonly ChatOperation[]): Promise<void>
  on(event: 'update', listener: () => void): void
  off(event: 'update', listener: () => void): void
}

interface ChatHandlers {
  open(store: { get(name: string): Hypercore }): BeeView
  apply(
    nodes: readonly { readonly value: ChatOperation }[],
    view: BeeView,
    host: { addWriter(key: Buffer, options: { indexer: boolean }): Promise<void> },
  ): Promise<void>
  valueEncoding: 'json'
  encryptionKey: Buffer
  fastForward: boolean
  ackInterval: number
}

export interface ReplicatingStore {
  ready(): Promise<void>
  close(): Promise<void>
  replicate(stream: unknown): unknown
}

export const ChatAutobase = Autobase as unknown as new (
  store: ReplicatingStore,
  key: Buffer | null,
  handlers: ChatHandlers,
) => ChatBase

export const ReplicatingCorestore = Corestore as unknown as new (
  directory: string,
) => ReplicatingStore

export function openBee(core: Hypercore): BeeView {
  const options = { extension: false, keyEncoding: 'utf-8', valueEncoding: 'json' } as const
  return new Hyperbee(core, options) as unknown as BeeView
}
