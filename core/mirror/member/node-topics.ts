import { nodeTopic } from '../mirror-keys.ts'
import type { HeldRoom } from './node-link.ts'

/** Nodes that are looked for in the world at once. */
const MAX_LOOKED_FOR = 64

export interface NodeTopicsOptions {
  /** This device's node key (hex). */
  readonly self: string
  readonly rooms: () => Iterable<HeldRoom>
  /** True while this device offers space, and so is to be found. */
  readonly offers: () => boolean
  readonly join: (topic: Buffer, announce: boolean) => void
  readonly leave: (topic: Buffer) => void
}

/** Where nodes are met on transports that reach the world: they are found there, and their rooms' members look. */
export class NodeTopics {
  readonly #options: NodeTopicsOptions
  /** Node key (hex) → whether this device is found there. */
  readonly #joined = new Map<string, boolean>()

  constructor(options: NodeTopicsOptions) {
    this.#options = options
  }

  /** Rooms, the nodes that they name, or what this device offers are others than before. */
  follow(): void {
    const { self, rooms, offers, join, leave } = this.#options
    const wanted = new Map<string, boolean>()
    if (offers()) wanted.set(self, true)
    for (const { joined, mirrors, invitedBy } of rooms()) {
      for (const node of joined ? mirrors.keys() : [...invitedBy, ...mirrors.keys()]) {
        if (wanted.size < MAX_LOOKED_FOR && node !== self) wanted.set(node, false)
      }
    }
    for (const node of this.#joined.keys()) {
      if (wanted.has(node)) continue
      this.#joined.delete(node)
      leave(topicOf(node))
    }
    for (const [node, announce] of wanted) {
      if (this.#joined.get(node) === announce) continue
      this.#joined.set(node, announce)
      join(topicOf(node), announce)
    }
  }
}

function topicOf(node: string): Buffer {
  return nodeTopic(Buffer.from(node, 'hex'))
}
