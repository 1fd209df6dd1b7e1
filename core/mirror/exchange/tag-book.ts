import type { Random } from '../../random.ts'
import { paddedTags, roomTag } from '../../session/room-tags.ts'
import { MAX_KEYS, MAX_TAGS, TAG } from './messages.ts'
import type { TagsMessage } from './messages.ts'
import type { Place } from './proofs.ts'

/** Tags of a peer that are kept: its keys, and the padding. */
const MAX_REMOTE = MAX_KEYS + MAX_TAGS
/** Fewer keys are looked up one by one in what the peer showed. */
const FEW = 32

/** The tags that both sides of one session showed: kept as bare bytes, as most peers are strangers. */
export class TagBook {
  readonly #place: Place
  #remote = Buffer.alloc(0)
  #waiting: Buffer[] = []

  constructor(place: Place) {
    this.#place = place
  }

  /** What to say to show these keys, at most 4,096. */
  show(keys: readonly Buffer[], random: Random): TagsMessage[] {
    const { handshakeHash, initiator } = this.#place
    const tags = keys.slice(0, MAX_KEYS).map((key) => roomTag(key, handshakeHash, initiator))
    const out: TagsMessage[] = []
    for (let at = 0; at < Math.max(1, tags.length); at += MAX_TAGS) {
      const more = Number(at + MAX_TAGS < tags.length)
      out.push({ tags: paddedTags(tags.slice(at, at + MAX_TAGS), random), more })
    }
    return out
  }

  /** Takes in what the peer shows; true once it is all, and `matches` is to be asked. False for more than is kept. */
  add({ tags, more }: TagsMessage): boolean {
    const waiting = this.#waiting.reduce((sum, { byteLength }) => sum + byteLength, 0)
    const room = MAX_REMOTE * TAG - this.#remote.byteLength - waiting
    this.#waiting.push(Buffer.concat(tags).subarray(0, Math.max(0, room)))
    if (more === 1 && room > 0) return false
    this.#remote = Buffer.concat([this.#remote, ...this.#waiting])
    this.#waiting = []
    return true
  }

  /** Which of these keys the peer showed to know too, each with the initiator's tag. */
  matches<T extends { readonly key: Buffer }>(all: readonly T[]): { one: T; tag: Buffer }[] {
    if (this.#remote.byteLength === 0) return []
    const { handshakeHash, initiator } = this.#place
    const knows = all.length > FEW ? this.#index() : (tag: Buffer) => this.#scan(tag)
    return all.flatMap((one) => {
      const theirs = roomTag(one.key, handshakeHash, !initiator)
      return knows(theirs) ? [{ one, tag: initiator ? this.name(one.key) : theirs }] : []
    })
  }

  /** The initiator's tag of a key: names it in this session. */
  name(key: Buffer): Buffer {
    return roomTag(key, this.#place.handshakeHash, true)
  }

  #index(): (tag: Buffer) => boolean {
    const index = new Set<string>()
    for (let at = 0; at < this.#remote.byteLength; at += TAG) {
      index.add(this.#remote.toString('latin1', at, at + TAG))
    }
    return (tag) => index.has(tag.toString('latin1'))
  }

  #scan(tag: Buffer): boolean {
    for (let at = this.#remote.indexOf(tag); at >= 0; at = this.#remote.indexOf(tag, at + 1)) {
      if (at % TAG === 0) return true
    }
    return false
  }
}
