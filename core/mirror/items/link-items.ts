import type { SharedRoom } from '../../files/swarm/file-link.ts'
import type { ItemsMessage, KeptMessage } from '../exchange/messages.ts'
import type { MirrorSet } from '../exchange/mirror-set.ts'
import type { Lister, RemoteNode } from '../exchange/shared-copy.ts'
import type { SharedMirror } from '../exchange/shared-mirror.ts'
import type { Keeping } from './keeping.ts'
import { printOf, roomOfMirror } from './shared-rooms.ts'

/** What files need of the link over which mirrors are exchanged. */
export interface LinkItemsOptions {
  readonly mirrors: MirrorSet
  /** The other end's key in this connection. */
  readonly key: Buffer
  readonly address: string
  readonly paired: () => boolean
  readonly node: () => RemoteNode | null
  readonly closed: () => boolean
  readonly tell: (mirror: SharedMirror) => void
  /** The other end said what became of items. */
  readonly onkept: (mirror: SharedMirror) => void
  /** What `rooms` gives is something else. */
  readonly onrooms: () => void
}

/** What is said over one link of the items of mirrors: which are to be kept, and which are. */
export class LinkItems {
  readonly #options: LinkItemsOptions
  #regrouping = false
  #print = ''

  constructor(options: LinkItemsOptions) {
    this.#options = options
  }

  /** What is shared of files: rooms that the other end holds, mirrors that are held here. */
  *rooms(): Generator<SharedRoom> {
    const { mirrors, node, key } = this.#options
    const peer = { node: node(), key }
    for (const mirror of mirrors) {
      const room = roomOfMirror(mirror, peer)
      if (room) yield room
    }
  }

  /** What is shared may be something else. */
  regroup(): void {
    const { closed, onrooms } = this.#options
    if (this.#regrouping || closed()) return
    this.#regrouping = true
    queueMicrotask(() => {
      this.#regrouping = false
      if (closed()) return
      const print = [...this.rooms()].map(printOf).join()
      if (print === this.#print) return
      this.#print = print
      onrooms()
    })
  }

  /** As who the other end says which items are to be kept here; null for one that is not listened to. */
  lister({ depositor, shared, theirs }: SharedMirror): Lister | null {
    const { address, paired } = this.#options
    const from = { address, paired: paired() }
    if (!shared.guard) return null
    if (depositor) return { key: depositor, node: false, ...from }
    const node = theirs === 'held' ? this.#options.node() : null
    return node && { key: node.key, node: true, ...from }
  }

  onitems(mirror: SharedMirror, part: ItemsMessage): void {
    const { guard } = mirror.shared
    const lister = this.lister(mirror)
    const change = mirror.intake.take(part)
    if (!guard || !lister || !change) return
    // What it was told before may have been of the same items.
    for (const { root } of change.list) mirror.toldKeeping.delete(root.toString('hex'))
    guard.list(lister, change)
    this.#options.tell(mirror)
  }

  onkept(mirror: SharedMirror, { list }: KeptMessage): void {
    mirror.onkept(list)
    this.#options.onkept(mirror)
  }

  /** What the holder at the other end said of the items of a mirror (hex id), by their roots (hex). */
  keeping(id: string): ReadonlyMap<string, Keeping> {
    return this.#options.mirrors.get(id)?.keeping ?? new Map()
  }

  /** How many items of a mirror the holder at the other end was asked to keep. */
  named(id: string): number {
    return this.#options.mirrors.get(id)?.toldItems?.size ?? 0
  }
}
