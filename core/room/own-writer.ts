import type { Clock } from '../clock.ts'
import { mayBegin } from '../control/admission.ts'
import { signLog } from '../control/statement.ts'
import type { WriteAhead } from '../durability/journal.ts'
import { PorchlightError } from '../errors.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Logger } from '../logger.ts'
import type { Random } from '../random.ts'
import type { Timeline } from '../timeline/timeline.ts'
import type { ContentLog } from './content-log.ts'
import { OwnLog } from './own-log.ts'
import type { Written } from './own-log.ts'
import { MAX_HEADS } from './record.ts'
import type { Head } from './record.ts'
import { contentKeyPair } from './own-keys.ts'
import type { Room } from './room.ts'
import type { RoomRecord } from './room-record.ts'
import { wroteTooMuch } from './room-words.ts'
import { until } from '../until.ts'

/** How long the first write after a loss waits for a peer that knows more of our log. */
const PATIENCE = 3_000
/** Bytes that a record's header, heads and the like take; padding adds up to half of it all. */
const AROUND = 512
/** How long a write waits while our own log is being fetched back. */
const CATCH_UP = 10_000

export interface OwnWriterOptions {
  readonly room: Room
  readonly record: RoomRecord
  readonly keys: DeviceKeys
  readonly timeline: Timeline
  readonly journal: WriteAhead
  readonly suspect: ReadonlySet<string>
  readonly trust: (core: string) => Promise<void>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly save: () => Promise<void>
}

/**
 * Decides where this device writes in a room. A log whose tail may be lost is never appended to before peers
 * were asked for it; where none can tell, a fresh log goes on, declared by this device's signature.
 */
export class OwnWriter {
  readonly #options: OwnWriterOptions
  readonly #declared = new Map<string, number>()
  readonly #abort = new AbortController()
  #own: OwnLog | null = null
  #suspect = false
  #checking: Promise<void> | null = null

  constructor(options: OwnWriterOptions) {
    this.#options = options
  }

  /** Writes go to this log from now on. */
  use(log: ContentLog): void {
    const { room } = this.#options
    this.#suspect = this.#options.suspect.has(log.hex)
    this.#own = new OwnLog(log, {
      ...this.#options,
      room: room.control.key,
      epoch: () => room.membership.epoch(),
      heads: () => this.#heads(log),
      ondeclared: (heads) => {
        for (const head of heads) this.#declared.set(head.log.toString('hex'), head.length)
      },
    })
  }

  /** Resolves with the record's place once it is durable. Errors: `RATE_LIMITED`, `DISK_FULL`, `CLOSED`. */
  async append(
    kind: number,
    payload: Buffer,
    options: { bare?: boolean } = {},
  ): Promise<Written & { log: ContentLog }> {
    const size = 1.5 * (payload.byteLength + AROUND)
    while (this.#unsure || this.#isStuck(size)) {
      this.#checking ??= (this.#unsure ? this.#check() : this.#goOn()).finally(() => {
        this.#checking = null
      })
      await this.#checking
    }
    const own = this.#own!
    this.#expectAllowed(own.log, size)
    return { log: own.log, ...(await own.append(kind, payload, options)) }
  }

  /** True when a record would go straight to the log: nothing has to be asked or begun before. */
  get settled(): boolean {
    return this.#own !== null && !this.#unsure
  }

  /** Runs `work`, which may put back what a log of this device lost, while nothing is written to it. */
  restore<T>(log: ContentLog, work: () => Promise<T>): Promise<T> {
    return this.#own?.log === log ? this.#own.alone(work) : work()
  }

  async close(): Promise<void> {
    this.#abort.abort(new PorchlightError('CLOSED', 'The room is closed.'))
    await this.#checking?.catch(() => {})
    await this.#own?.close()
  }

  /** Members hide what is over a log's allowance, so it is not written. */
  #expectAllowed(log: ContentLog, size: number): void {
    const wait = log.allowance.wait(unjudged(log) + 1, size, this.#options.clock.now())
    if (wait > 0) throw wroteTooMuch(wait)
  }

  /** True when nothing can be written for years, as this device's clock was far ahead when it wrote before. */
  #isStuck(size: number): boolean {
    const { log } = this.#own!
    const { room, clock } = this.#options
    if (!log.allowance.isStuck(unjudged(log) + 1, size, clock.now())) return false
    return mayBegin(room.control.state, log.device, log.person)
  }

  /** Goes on in a fresh log. */
  async #goOn(): Promise<void> {
    this.#options.logger.warn('fresh-log', { log: this.#own!.log.hex.slice(0, 8), stuck: true })
    await this.#begin()
  }

  /**
   * True while a peer may hold more of our log than we do. Unless a loss is suspected, a mere claim counts for
   * nothing: only a length that our own signature proves does.
   */
  get #unsure(): boolean {
    const { core } = this.#own!.log
    return this.#suspect || core.length > core.contiguousLength
  }

  async #check(): Promise<void> {
    const { room, clock, logger } = this.#options
    const { log } = this.#own!
    const signal = this.#abort.signal
    const asked = (): boolean => [...room.links].some((link) => link.member && link.heard)
    const whole = (): boolean => room.known(log) <= log.core.contiguousLength
    const met = await until(room, ['heard', 'state'], asked, { clock, ms: PATIENCE, signal })
    if (met && (await until(room, ['placed', 'heard'], whole, { clock, ms: CATCH_UP, signal }))) {
      this.#suspect = false
      return this.#options.trust(log.hex)
    }
    logger.warn('fresh-log', { log: log.hex.slice(0, 8), met })
    await this.#begin()
    await this.#options.trust(log.hex)
  }

  /** Begins a fresh log; its first record declares the old one as a head, which links the two. */
  async #begin(): Promise<void> {
    const { room, record, keys, clock, save } = this.#options
    const n = record.logs
    record.logs = n + 1
    await save()
    await room.openOwn(n)
    const statement = signLog(
      { room: room.control.key, at: clock.now() },
      { device: keys.device, log: contentKeyPair(keys, record, n) },
    )
    room.membership.declare(statement)
    await room.writeDown(statement, keys.device.publicKey.toString('hex'))
  }

  /** The heads of the next record: the last in the room's order, then what else is new since we last wrote. */
  #heads(own: ContentLog): Head[] {
    const { timeline } = this.#options
    const last = timeline.last
    const fresh = [...timeline.logs]
      .filter((log) => log.hex !== own.hex && log.length > (this.#declared.get(log.hex) ?? 0))
      .sort((a, b) => Number(b === last?.log) - Number(a === last?.log))
      .slice(0, MAX_HEADS)
    return fresh.map((log) => ({ log: log.key, length: log.length }))
  }
}

/** Records of a log that its allowance does not count yet. */
function unjudged({ core, allowance }: ContentLog): number {
  return core.length - allowance.judged
}
