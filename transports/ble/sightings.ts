/**
 * Who was heard on the air. Anybody can advertise anything under as many addresses as they like, so the table is
 * bounded, and the one that was not heard for longest gives way, strangers before known devices.
 */
import { STALE_MS } from './dial-policy.ts'
import type { Identifier } from './identifier.ts'
import type { Sighting } from './radio.ts'
import type { Contact } from './resolver.ts'

export const MAX_SIGHTINGS = 512

/** One advertiser. Times are monotonic milliseconds. */
export interface Seen {
  /** By which the radio connects to it. */
  readonly peer: string
  readonly address: string
  /** Of its identifier; another one makes another `Seen`. */
  readonly id: string
  readonly tag: Buffer
  /** Null for a stranger, undefined while not worked out. */
  contact: Contact | null | undefined
  readonly firstSeen: number
  seen: number
  /** Since when a link to it has been missing. */
  wantedSince: number
  /** Dials without a link, in a row. */
  failures: number
  /** Not dialled before. */
  notBefore: number
}

/** One of which it is known whether its device is. */
export type SeenAs = Seen & { readonly contact: Contact | null }

export class Sightings {
  /** By where and what was heard, so that a forged one is not taken for the honest one; least recently heard first. */
  readonly #seen = new Map<string, Seen>()

  all(): Iterable<Seen> {
    return this.#seen.values()
  }

  /** The one heard last under one of those identifiers. */
  of(ids: ReadonlySet<string>): Seen | undefined {
    let last: Seen | undefined
    for (const seen of this.#seen.values()) if (ids.has(seen.id)) last = seen
    return last
  }

  heard({ peer, address }: Sighting, { id, tag }: Identifier, now: number): Seen {
    const name = `${peer} ${id} ${tag.toString('hex')}`
    const seen: Seen = this.#seen.get(name) ?? {
      peer,
      address,
      id,
      tag,
      contact: undefined,
      firstSeen: now,
      seen: now,
      wantedSince: now,
      failures: 0,
      notBefore: 0,
    }
    this.#seen.delete(name)
    // Whoever was away is somebody new to both ends: the head start counts from here.
    if (now - seen.seen >= STALE_MS) seen.wantedSince = now
    seen.seen = now
    if (this.#seen.size >= MAX_SIGHTINGS) this.#evict()
    this.#seen.set(name, seen)
    return seen
  }

  clear(): void {
    this.#seen.clear()
  }

  #evict(): void {
    for (const [name, seen] of this.#seen) {
      if (typeof seen.contact === 'string') continue
      this.#seen.delete(name)
      return
    }
    this.#seen.delete(this.#seen.keys().next().value!)
  }
}
