/** What a crafted peer says of files: whatever a test wants, or what an honest source would but for one thing. */
import type Protomux from 'protomux'
import type { Channel } from 'protomux'
import { chunkCount } from '../../core/files/descriptor.ts'
import {
  fileMessages,
  FILES_PROTOCOL,
  KINDS,
  MANIFEST,
  REFUSED,
} from '../../core/files/swarm/messages.ts'
import type { FileSenders, Kind, Refused, WantMessage } from '../../core/files/swarm/messages.ts'
import { until } from '../compliance/until.ts'
import type { CraftedItem } from './crafted-item.ts'
import type { CraftedPeer } from './crafted-peer.ts'

type Name = keyof typeof fileMessages
type Value<N extends Name> = Parameters<(typeof fileMessages)[N]['encode']>[1]

const PIECE = 64 * 1024

/** The channel for files of a crafted peer. */
export class CraftedFiles {
  readonly send: FileSenders
  /** All that the other side said, in the order of its arrival. */
  readonly heard: { name: Name; value: unknown }[] = []
  readonly #channel: Channel
  readonly #listeners: ((name: Name, value: unknown) => void)[] = []

  constructor(mux: Protomux) {
    this.#channel = mux.createChannel({ protocol: FILES_PROTOCOL })!
    const senders = (Object.keys(fileMessages) as Name[]).map((name) => [
      name,
      this.#channel.addMessage({
        encoding: fileMessages[name] as (typeof fileMessages)['grant'],
        onmessage: (value) => {
          this.heard.push({ name, value })
          for (const listener of this.#listeners) listener(name, value)
        },
      }),
    ])
    this.send = Object.fromEntries(senders) as FileSenders
    this.#channel.open()
  }

  onheard(listener: (name: Name, value: unknown) => void): void {
    this.#listeners.push(listener)
  }

  /** What was heard under a name. */
  said<N extends Name>(name: N): Value<N>[] {
    return this.heard.filter((one) => one.name === name).map((one) => one.value as Value<N>)
  }

  /** What the other side has of an item, as it said last. */
  kindOf(root: Buffer): Kind | null {
    const last = this.said('has').findLast((has) => has.root.equals(root))
    return last ? KINDS[last.kind]! : null
  }

  has(tag: Buffer, root: Buffer, kind: Kind, bits: Buffer = Buffer.alloc(0)): void {
    this.send.has.send({ tag, root, kind: KINDS.indexOf(kind), bits })
  }

  /** Asks, and waits for the answer. */
  async ask(tag: Buffer, root: Buffer): Promise<Kind> {
    this.heard.length = 0
    this.send.ask.send({ tag, roots: [root] })
    return until('an answer', () => this.kindOf(root) ?? undefined)
  }

  /** Wants a part of an item under a large grant, and waits for the first word of the answer. */
  async want(tag: Buffer, root: Buffer, id: number, what = MANIFEST): Promise<Refused | Buffer> {
    this.send.grant.send({ limit: 2 ** 40 })
    this.send.want.send({ id, tag, root, what, index: 0, offset: 0 })
    return until('an answer', () => {
      const refused = this.said('refuse').find((one) => one.id === id)
      if (refused) return REFUSED[refused.reason]
      return this.said('piece').find((one) => one.id === id)?.data
    })
  }
}

/** What a source answers to a want: bytes, a refusal, or null for silence from then on. */
export type Answer = (
  want: WantMessage,
  right: Buffer,
  source: CraftedSource,
) => Buffer | Refused | null

export const honest: Answer = (_, right) => right

/** Whoever gives it out. */
type SourcePeer = Pick<CraftedPeer, 'files' | 'closed'>

/** Has an item whole and gives it out, as far as `answer` goes along with it. */
export class CraftedSource {
  /** Chunks that it was asked for. */
  readonly wanted: number[] = []
  /** Most bytes of a piece, and how long after the one before it comes. */
  piece = PIECE
  every = 0
  readonly #peer: SourcePeer
  readonly #item: CraftedItem
  readonly #answer: Answer
  readonly #turns: { id: number; want: WantMessage }[] = []
  #at = 0
  #bytes: Buffer | null = null
  #limit = 0
  #sent = 0
  #waiting = false

  constructor(peer: SourcePeer, tag: Buffer, item: CraftedItem, answer: Answer = honest) {
    this.#peer = peer
    this.#item = item
    this.#answer = answer
    const { root } = item.ref
    const tell = (roots: readonly Buffer[]): void => {
      if (roots.some((asked) => asked.equals(root))) peer.files.has(tag, root, 'all')
    }
    for (const { roots } of peer.files.said('ask')) tell(roots)
    peer.files.onheard((name, value) => {
      if (name === 'ask') tell((value as { roots: Buffer[] }).roots)
      if (name === 'want') this.#onwant(value as WantMessage)
      if (name === 'grant') this.#limit = (value as { limit: number }).limit
      if (name === 'cancel') this.#oncancel((value as { ids: number[] }).ids)
      this.#pump()
    })
  }

  /** How many chunks the item has. */
  get count(): number {
    return chunkCount(this.#item.ref)
  }

  #onwant(want: WantMessage): void {
    if (!want.root.equals(this.#item.ref.root)) return
    if (want.what !== MANIFEST) this.wanted.push(want.index)
    this.#turns.push({ id: want.id, want })
  }

  #oncancel(ids: readonly number[]): void {
    for (const id of ids) {
      const at = this.#turns.findIndex((turn) => turn.id === id)
      if (at === -1) continue
      this.#turns.splice(at, 1)
      if (at === 0) this.#bytes = null
    }
  }

  #pump(): void {
    const { send } = this.#peer.files
    while (this.#turns.length > 0 && !this.#waiting) {
      const { id, want } = this.#turns[0]!
      if (!this.#bytes) {
        const { manifest, chunks } = this.#item
        const right = want.what === MANIFEST ? manifest : chunks[want.index]!
        const answer = this.#answer(want, right, this)
        if (answer === null) return
        if (typeof answer === 'string') {
          send.refuse.send({ id, reason: REFUSED.indexOf(answer) })
          this.#turns.shift()
          continue
        }
        this.#bytes = answer
        this.#at = want.offset
      }
      const size = Math.min(this.piece, this.#limit - this.#sent, this.#bytes.byteLength - this.#at)
      if (size <= 0 && this.#at < this.#bytes.byteLength) return
      send.piece.send({ id, data: this.#bytes.subarray(this.#at, this.#at + size) })
      this.#at += size
      this.#sent += size
      if (this.#at >= this.#bytes.byteLength) {
        this.#turns.shift()
        this.#bytes = null
      }
      if (this.every > 0) this.#rest()
    }
  }

  #rest(): void {
    this.#waiting = true
    setTimeout(() => {
      this.#waiting = false
      if (!this.#peer.closed) this.#pump()
    }, this.every)
  }
}
