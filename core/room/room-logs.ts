import type Corestore from 'corestore'
import type { KnownLog } from '../control/room-state.ts'
import { logManifest } from '../control/statement.ts'
import { openOwnCore } from '../durability/own-core.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Logger } from '../logger.ts'
import { ContentLog } from './content-log.ts'
import { contentKeyPair } from './own-keys.ts'
import type { RoomRecord } from './room-record.ts'

export interface RoomLogsOptions {
  readonly record: RoomRecord
  /** A namespace of the store that is this room's alone. */
  readonly store: Corestore
  readonly keys: DeviceKeys
  readonly logger: Logger
  /** Bytes came from a peer. */
  readonly onintake: (bytes: number) => void
  /** A log was opened. */
  readonly onadd: (log: ContentLog) => void
}

/** A room's content logs, this device's own among them: opens them, holds them open, closes them. */
export class RoomLogs {
  /** Logs that are being fetched in ranges (hex). */
  readonly fetching = new Set<string>()
  readonly #options: RoomLogsOptions
  readonly #logs = new Map<string, ContentLog>()
  #accepting = true

  constructor(options: RoomLogsOptions) {
    this.#options = options
  }

  [Symbol.iterator](): Iterator<ContentLog> {
    return this.#logs.values()
  }

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
    const { keys, record, store } = this.#options
    const author = {
      device: keys.device.publicKey.toString('hex'),
      person: keys.person.toString('hex'),
    }
    const core = await openOwnCore(store, contentKeyPair(keys, record, n), { active: true })
    const log = new ContentLog(core, author, true, this.#options.onintake)
    this.#add(log)
    return log
  }

  /** Opens a log that the control log names; idempotent. */
  async open(known: KnownLog): Promise<void> {
    if (this.#logs.has(known.key.toString('hex'))) return
    const { keys, store, onintake } = this.#options
    const core = store.get({ manifest: logManifest(known.publicKey), active: true })
    await core.ready()
    // A log of this device that is not open yet is from an earlier stay in the room.
    const own = known.device === keys.device.publicKey.toString('hex')
    this.#add(new ContentLog(core, known, own, onintake))
  }

  /** Gives back the space that the blocks took. */
  async clear(): Promise<void> {
    for (const log of this.#logs.values()) {
      log.pause()
      await log.core.clear(0, log.core.length)
    }
  }

  async close(): Promise<void> {
    for (const log of this.#logs.values()) await log.close()
  }

  #add(log: ContentLog): void {
    if (this.#logs.has(log.hex)) return
    this.#logs.set(log.hex, log)
    log.core.on('conflict', () => {
      this.#options.logger.error('log-conflict', { log: log.hex.slice(0, 8) })
    })
    this.#options.onadd(log)
  }
}
