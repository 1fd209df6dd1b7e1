import type { KeyPair } from 'hypercore'
import type { EpochEntry, RoomState } from '../../control/room-state.ts'
import { PREFIX } from '../../control/operation.ts'
import type { RoomRecord } from '../room-record.ts'
import { isKeyOf, openBox, openLink, unsealKeys } from './key-box.ts'
import type { EpochKey } from './key-box.ts'
import { keyExpiry } from './key-expiry.ts'

/** `pending`: its entry may still come. `never`: the room knows the epoch, and its key is not for this device, or gone. */
export type KeyStatus = 'key' | 'pending' | 'never'

export interface KeyRingOptions {
  readonly record: Pick<RoomRecord, 'epochs' | 'forgotten' | 'inUse' | 'superseded'>
  readonly device: KeyPair
  /** Key of the room's control log. */
  readonly room: Buffer
}

/** The content keys of a room that this device has, kept in its record. */
export class KeyRing {
  readonly #options: KeyRingOptions
  readonly #prefix: string
  readonly #keys = new Map<number, Buffer>()
  readonly #forgotten: Set<number>
  /** Epoch → wall-clock ms when this device saw another take its place. */
  readonly #superseded = new Map<number, number>()
  /** Boxes and lists that were looked at. */
  readonly #tried = new Set<string>()
  #state: RoomState | null = null

  constructor(options: KeyRingOptions) {
    this.#options = options
    this.#prefix = options.device.publicKey.subarray(0, PREFIX).toString('hex')
    for (const [epoch, key] of Object.entries(options.record.epochs)) {
      this.#keys.set(Number(epoch), Buffer.from(key, 'hex'))
    }
    this.#forgotten = new Set(options.record.forgotten)
    for (const [epoch, at] of Object.entries(options.record.superseded ?? {})) {
      this.#superseded.set(Number(epoch), at)
    }
  }

  get size(): number {
    return this.#keys.size
  }

  get keys(): ReadonlyMap<number, Buffer> {
    return this.#keys
  }

  key(epoch: number): Buffer | null {
    return this.#keys.get(epoch) ?? null
  }

  /** Whether a record of an epoch can be opened, now or ever. */
  status(epoch: number): KeyStatus {
    if (this.#keys.has(epoch)) return 'key'
    return this.#forgotten.has(epoch) || this.#state?.epochs.has(epoch) ? 'never' : 'pending'
  }

  /** What to write in: the room's epoch, or while its key is not here the newest that is; null without any. */
  writing(): EpochKey | null {
    const { epochs, epoch } = this.#state ?? { epochs: new Map<number, EpochEntry>(), epoch: 0 }
    const current = this.#keys.get(epoch)
    if (current) return { epoch, key: current }
    let newest: EpochKey | null = null
    let depth = -1
    for (const [id, key] of this.#keys) {
      const at = epochs.get(id)?.depth ?? 0
      if (at > depth) [newest, depth] = [{ epoch: id, key }, at]
    }
    return newest
  }

  /** Looks in the room's state for keys that are ours; true when the record has to be saved. */
  fill(state: RoomState): boolean {
    this.#state = state
    const before = this.#keys.size
    for (const entry of state.epochs.values()) this.#unbox(entry)
    const lists = state.sealedKeys.get(this.#options.device.publicKey.toString('hex')) ?? []
    for (const sealed of lists) this.#unseal(sealed, state)
    const missing = [...state.epochs.keys()].some((epoch) => this.#lacks(epoch))
    if (missing) this.#walkBack(state)
    return this.#keys.size > before
  }

  /**
   * Notes when the epoch in use gave way to another, as far as this device saw it: a rotation that claims the past
   * must not end it at once. True when the record has to be saved.
   */
  note({ epoch, epochs }: RoomState, now: number): boolean {
    const { record } = this.#options
    const { inUse } = record
    if (!epochs.has(epoch)) return false
    let noted = false
    for (const [id, at] of this.#superseded) {
      // A clock that was ahead must not keep keys for ever.
      if (at > now) this.#superseded.set(id, now)
      noted ||= at > now
    }
    if (inUse !== epoch) {
      // The first time says it: an order that changes back and forth must not keep a key.
      const held = inUse !== undefined && this.#keys.has(inUse)
      if (held && !this.#superseded.has(inUse)) this.#superseded.set(inUse, now)
      record.inUse = epoch
      noted = true
    }
    if (noted) record.superseded = Object.fromEntries(this.#superseded)
    return noted
  }

  /** Forgets the keys whose time is over; true when the record has to be saved. */
  expire(state: RoomState, now: number): boolean {
    const { record } = this.#options
    let gone = false
    for (const [epoch, at] of keyExpiry(state, this.#keys.keys(), this.#superseded)) {
      if (now < at) continue
      this.#keys.get(epoch)!.fill(0)
      this.#keys.delete(epoch)
      delete record.epochs[epoch]
      this.#forgotten.add(epoch)
      this.#superseded.delete(epoch)
      gone = true
    }
    if (gone) {
      record.forgotten = [...this.#forgotten]
      record.superseded = Object.fromEntries(this.#superseded)
    }
    return gone
  }

  /** When the next key goes, in wall-clock ms; null when none does. */
  nextExpiry(state: RoomState): number | null {
    const times = [...keyExpiry(state, this.#keys.keys(), this.#superseded).values()]
    return times.length > 0 ? Math.min(...times) : null
  }

  #unbox(entry: EpochEntry): void {
    const box = this.#lacks(entry.id) && entry.boxes.get(this.#prefix)
    if (!box || !this.#isNew(box)) return
    const { device, room } = this.#options
    const key = openBox(box, entry.ephemeral, device, room)
    if (key) this.#add({ epoch: entry.id, key })
  }

  #unseal(sealed: Buffer, state: RoomState): void {
    if (!this.#isNew(sealed)) return
    const found = unsealKeys(sealed, this.#options.device, this.#options.room) ?? []
    for (const key of found) this.#take(key, state)
    // A key whose rotation has not come yet can not be checked: it is looked at again.
    if (found.some(({ epoch }) => !state.epochs.has(epoch))) {
      this.#tried.delete(sealed.toString('base64'))
    }
  }

  /** Follows the links of the keys that are here, back to the oldest. */
  #walkBack(state: RoomState): void {
    const ahead = [...this.#keys].map(([epoch, key]) => ({ epoch, key }))
    for (let next = ahead.pop(); next; next = ahead.pop()) {
      for (const { epoch, link } of state.epochs.get(next.epoch)?.links ?? []) {
        if (!this.#lacks(epoch)) continue
        const key = openLink(link, epoch, next, this.#options.room)
        if (key && this.#take({ epoch, key }, state)) ahead.push({ epoch, key })
      }
    }
  }

  /** Takes a key that fits its epoch. */
  #take(key: EpochKey, state: RoomState): boolean {
    const entry = state.epochs.get(key.epoch)
    if (!entry || !this.#lacks(key.epoch)) return false
    if (!isKeyOf(entry.ephemeral, key.key, this.#options.room)) return false
    this.#add(key)
    return true
  }

  #add({ epoch, key }: EpochKey): void {
    this.#keys.set(epoch, key)
    this.#options.record.epochs[epoch] = key.toString('hex')
  }

  #lacks(epoch: number): boolean {
    return !this.#keys.has(epoch) && !this.#forgotten.has(epoch)
  }

  #isNew(data: Buffer): boolean {
    const id = data.toString('base64')
    if (this.#tried.has(id)) return false
    this.#tried.add(id)
    return true
  }
}
