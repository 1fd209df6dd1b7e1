import type Corestore from 'corestore'
import type { KnownLog, RoomState } from '../control/room-state.ts'
import { logManifest } from '../control/statement.ts'
import { openOwnCore } from '../durability/own-core.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Logger } from '../logger.ts'
import type { Allowances } from './allowances.ts'
import { ContentLog } from './content-log.ts'
import { boundsOf, NOTHING, UNBOUNDED, unsettles } from './log-bounds.ts'
import { contentKeyPair } from './own-keys.ts'
import type { RoomRecord } from './room-record.ts'

/** Logs opened together: one after another, a crowded room would take a second. */
const AT_ONCE = 64

export interface RoomLogsOptions {
  readonly record: RoomRecord
  /** A namespace of the store that is this room's alone. */
  readonly store: Corestore
  readonly keys: DeviceKeys
  readonly logger: Logger
  readonly state: () => RoomState
  readonly allowances: Allowances
  /** Bytes came from a peer. */
  readonly onintake: (bytes: number) => void
  /** How many records of a log (hex) are placed. */
  readonly placed: (log: string) => number
  /** No record waits for another. */
  readonly settled: () => boolean
  /** A log was opened. */
  readonly onadd: (log: ContentLog) => void
}

/** A room's content logs, this device's own among them: opens them, holds them open, closes them. */
export class RoomLogs {
  /** Logs that are being fetched in ranges (hex). */
  readonly fetching = new Set<string>()
  readonly #options: RoomLogsOptions
  readonly #logs = new Map<string, ContentLog>()
  /** Known logs of which nothing counts so far (hex). */
  readonly #skipped = new Set<string>()
  #accepting = true
  #closing = false

  constructor(options: RoomLogsOptions) {
    this.#options = options
  }

  [Symbol.iterator](): Iterator<ContentLog> {
    return this.#logs.values()
  }

  /** A log that the room knows, and that is open. */
  get(hex: string): ContentLog | undefined {
    return this.#logs.get(hex)
  }

  /** False while the disk is too full to take in what others wrote. */
  get accepting(): boolean {
    return this.#accepting
  }

  set accepting(accepting: boolean) {
    this.#accepting = accepting
    for (const log of this.#logs.values()) {
      if (accepting) log.fetch()
      else log.pause()
    }
  }

  /** Opens the n-th content log of this device. */
  async openOwn(n: number): Promise<ContentLog> {
    const { keys, record, store, onintake, allowances } = this.#options
    const author = {
      device: keys.device.publicKey.toString('hex'),
      person: keys.person.toString('hex'),
    }
    const core = await openOwnCore(store, contentKeyPair(keys, record, n), { active: true })
    const allowance = allowances.of(core.key.toString('hex'))
    const log = new ContentLog(core, author, true, onintake, allowance)
    this.#add(log)
    return log
  }

  /**
   * Brings the logs in line with the room's state and opens those of which something counts; true when by
   * that records are to be placed anew.
   */
  async follow(): Promise<boolean> {
    let changed = false
    for (const log of this.#logs.values()) changed = this.#bound(log) || changed
    const fresh: KnownLog[] = []
    for (const known of this.#options.state().logs.values()) {
      const hex = known.key.toString('hex')
      if (this.#logs.has(hex)) continue
      if (boundsOf(known).limit > 0) fresh.push(known)
      else this.#skipped.add(hex)
    }
    for (let at = 0; at < fresh.length && !this.#closing; at += AT_ONCE) {
      const some = fresh.slice(at, at + AT_ONCE)
      await Promise.all(some.map((known) => this.#open(known)))
      for (const { key } of some) changed = this.#skipped.delete(key.toString('hex')) || changed
    }
    return changed
  }

  /** Where a log stops to count, opened or not; Infinity for one that the room does not know. */
  limitOf(hex: string): number {
    const log = this.#logs.get(hex)
    if (log) return log.limit
    const known = this.#options.state().logs.get(hex)
    return known ? boundsOf(known).limit : Infinity
  }

  /** Gives back the space that the blocks took. */
  async clear(): Promise<void> {
    for (const log of this.#logs.values()) {
      log.pause()
      await log.core.clear(0, log.core.length)
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    await Promise.all([...this.#logs.values()].map((log) => log.close()))
  }

  async #open(known: KnownLog): Promise<void> {
    const { keys, store, onintake, allowances } = this.#options
    const core = store.get({ manifest: logManifest(known.publicKey), active: true })
    await core.ready()
    // A log of this device that is not open yet is from an earlier stay in the room.
    const own = known.device === keys.device.publicKey.toString('hex')
    const allowance = allowances.of(known.key.toString('hex'))
    const mine = known.person === keys.person.toString('hex')
    this.#add(new ContentLog(core, { ...known, mine }, own, onintake, allowance))
  }

  #add(log: ContentLog): void {
    if (this.#logs.has(log.hex)) return
    this.#logs.set(log.hex, log)
    log.core.on('conflict', () => {
      this.#options.logger.error('log-conflict', { log: log.hex.slice(0, 8) })
    })
    this.#bound(log)
    this.#options.onadd(log)
  }

  #bound(log: ContentLog): boolean {
    const known = this.#options.state().logs.get(log.hex)
    // An own log is known before the room knows it.
    const unknown = log.own ? UNBOUNDED : NOTHING
    const change = log.bound(known ? boundsOf(known) : unknown)
    if (!change) return false
    const { placed, settled } = this.#options
    const facts = { placed: placed(log.hex), settled: settled() }
    return unsettles(change.before, change.after, facts)
  }
}
