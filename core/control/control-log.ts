import { EventEmitter } from 'node:events'
import Autobase from 'autobase'
import type { AutobaseHandlers } from 'autobase'
import type Corestore from 'corestore'
import Hyperbee from 'hyperbee'
import type { KeyPair } from 'hypercore'
import type Protomux from 'protomux'
import type { JournalEntry, WriteAhead } from '../durability/journal.ts'
import type { Clock } from '../clock.ts'
import type { Envelope } from '../crypto/envelope.ts'
import { asDiskError } from '../durability/disk-error.ts'
import { touchOwnCore } from '../durability/own-core.ts'
import { PorchlightError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { applier } from './apply.ts'
import { EntryCache } from './entry-cache.ts'
import { ControlCores } from './control-cores.ts'
import type { ControlHead } from './control-cores.ts'
import { EntryReader } from './entry-reader.ts'
import { Job } from '../job.ts'
import { until } from '../until.ts'
import { NEARLY_FULL, usedUp } from './log-allowance.ts'
import { notLetIn } from './not-let-in.ts'
import { encodeOperation } from './operation.ts'
import type { Operation } from './operation.ts'
import { EMPTY_ROOM } from './room-state.ts'
import type { RoomState } from './room-state.ts'

/** How long the first entry after a loss waits for a member who knows more of our log. */
const PATIENCE = 3_000
/** Heads kept of writers that may be admitted by an entry still to come. */
const MAX_UNKNOWN = 1024

export interface ControlLogOptions {
  /** A namespace of the store that is this room's alone. */
  readonly store: Corestore
  /** Null makes a new room. */
  readonly key: Buffer | null
  readonly encryptionKey: Buffer
  /** Seals the encryption key where Autobase stores it. */
  readonly envelope: Envelope
  /** Signs this device's control log. */
  readonly keyPair: KeyPair
  /** True when the tail of this device's own control log may be lost: members are asked before it is written to. */
  readonly suspect: boolean
  /** It is no longer. */
  readonly trust: () => Promise<void>
  readonly clock: Clock
  readonly journal: WriteAhead
  readonly logger: Logger
}

export interface ControlLogEvents {
  /** The room's state changed. */
  state: []
  /** Control logs grew, or were read further: what is known of them is to be told. */
  heads: []
  /** A member told how far it knows the logs. */
  heard: []
  /** What was held back may leave. */
  released: []
}

/**
 * A room's control plane: one Autobase of few entries. Its writers' cores are held open here and replicate
 * only on the muxes that are attached; only cores of admitted writers are ever opened.
 */
export class ControlLog extends EventEmitter<ControlLogEvents> {
  readonly #options: ControlLogOptions
  #base: Autobase<Hyperbee>
  readonly #cores: ControlCores
  /** Heads that peers told of writers we may not know yet. */
  readonly #heads = new Map<string, number>()
  readonly #cache = new EntryCache()
  readonly #entries = new EntryReader(this.#cache)
  #state: RoomState = EMPTY_ROOM
  #suspect: boolean
  /** A member told how far it knows the logs, ours among them. */
  #heard = false
  /** How far peers said that our own log goes. */
  #ownTold = 0
  readonly #refresher = new Job(() =>
    this.#refresh().catch((error: unknown) => {
      if (!this.#closed) this.#options.logger.warn('control-view', { error: String(error) })
    }),
  )
  /** Opens writers' cores beside the reading: hundreds of them take a while, and what they say is read already. */
  readonly #holder = new Job(() =>
    this.#holdAll().catch((error: unknown) => {
      if (!this.#closed) this.#options.logger.warn('control-cores', { error: String(error) })
    }),
  )
  #appending: Promise<unknown> = Promise.resolve()
  #closed = false
  /** It was said that this device's control log is nearly full. */
  #warned = false

  private constructor(options: ControlLogOptions) {
    super()
    this.setMaxListeners(0)
    this.#options = options
    this.#cores = new ControlCores({ store: options.store, onappend: () => void this.refresh() })
    this.#suspect = options.suspect
    this.#base = this.#openBase(options.key)
  }

  static async open(options: ControlLogOptions): Promise<ControlLog> {
    const { store, keyPair } = options
    // Autobase would store the secret key of a core that it makes.
    const own = await touchOwnCore(store.namespace('control'), keyPair)
    const log = new ControlLog(options)
    await log.#base.ready()
    await own.close()
    await log.#cores.open(log.#base.key.toString('hex'))
    await log.#cores.open(log.#base.local.key.toString('hex'))
    await log.refresh()
    return log
  }

  get key(): Buffer {
    return this.#base.key
  }

  /** Key of this device's own control log. */
  get writer(): Buffer {
    return this.#base.local.key
  }

  get state(): RoomState {
    return this.#state
  }

  /** True once this device was admitted. */
  get writable(): boolean {
    return this.#base.writable
  }

  /** How much of what this device may ever write here it has written: from 0 to 1. */
  get usedUp(): number {
    const own = this.#cores.get(this.writer.toString('hex'))
    return own ? usedUp(own.length, own.byteLength) : 0
  }

  /** The cores of writers that are open, as they are stored. */
  get cores(): Pick<ControlCores, 'get' | 'all'> {
    return this.#cores
  }

  /** How far each writer's log is known here. */
  heads(): ControlHead[] {
    return this.#cores.heads()
  }

  /**
   * Appends an entry and makes it durable before any peer can hear of it: what leaves on the attached muxes
   * is held back meanwhile. Errors: `WAITING` when this device is not admitted yet, `DISK_FULL`.
   */
  append(op: Operation): Promise<void> {
    const done = this.#appending.then(() => this.#append(op))
    this.#appending = done.catch(() => {})
    return done
  }

  /** Runs `work`, which may put back what this device's own log lost, while nothing is written to it. */
  restore<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#appending.then(async () => {
      const own = this.#cores.get(this.writer.toString('hex'))!
      const before = own.length
      try {
        return await work()
      } finally {
        if (own.length > before && !this.#closed) await this.#reopen()
      }
    })
    this.#appending = done.catch(() => {})
    return done
  }

  /** Lets a peer that belongs here exchange control logs on `mux`. */
  attach(mux: Protomux): void {
    this.#cores.attach(mux)
  }

  /** True while all that leaves is held back for an entry that is being made durable. */
  get holding(): boolean {
    return this.#cores.holding
  }

  /** Takes a peer's word on how far writers' logs go; only admitted writers' logs are ever asked for. */
  async hint(heads: readonly ControlHead[], member: boolean): Promise<void> {
    for (const { key, length } of heads) {
      const hex = key.toString('hex')
      if (member && key.equals(this.writer)) this.#ownTold = Math.max(this.#ownTold, length)
      const known = this.#entries.writers.has(hex)
      if (!known && this.#heads.size >= MAX_UNKNOWN && !this.#heads.has(hex)) continue
      this.#heads.set(hex, Math.max(length, this.#heads.get(hex) ?? 0))
    }
    await this.#useHints()
  }

  /** A member has said how far it knows the logs. */
  noteHeard(): void {
    this.#heard = true
    this.emit('heard')
  }

  /** Brings the state up to date with the view. */
  refresh(): Promise<void> {
    return this.#refresher.wake()
  }

  /** Resolves once what is stored was read, and the cores of all writers that it names are open. */
  async caughtUp(): Promise<void> {
    await this.refresh()
    await this.#holder.running
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cores.stop()
    await this.#appending
    await this.#refresher.running
    await this.#holder.running
    await this.#base.close()
    await this.#cores.close()
  }

  #openBase(key: Buffer | null): Autobase<Hyperbee> {
    const { store, encryptionKey, envelope, keyPair, logger } = this.#options
    // A session of its own, since Autobase closes it.
    const base = new Autobase<Hyperbee>(store.namespace('control'), key, {
      encryptionKey,
      blindEncryption: blindly(envelope),
      keyPair,
      valueEncoding: 'binary',
      // A fast-forwarded member could not pass the history on.
      fastForward: false,
      ackInterval: 0,
      open: (views) =>
        new Hyperbee(views.get('view'), {
          keyEncoding: 'utf-8',
          valueEncoding: 'json',
          extension: false,
        }),
      apply: applier(this.#cache),
    })
    base.on('error', (error: Error) => {
      logger.error('control-log-failed', { error: error.message })
    })
    base.on('update', () => void this.refresh())
    return base
  }

  /** Autobase reads its own log once, when it opens: what came back of it from others it would not know. */
  async #reopen(): Promise<void> {
    const { key } = this
    await this.#base.close()
    this.#base = this.#openBase(key)
    await this.#base.ready()
    await this.refresh()
  }

  async #append(op: Operation): Promise<void> {
    if (this.#closed) throw new PorchlightError('CLOSED', 'The room is closed.')
    // The creator's own first entry is what makes it a writer.
    if (!this.#base.writable && op.type !== 'create') {
      throw notLetIn()
    }
    this.#checkSpace()
    if (this.#suspect) await this.#confirm()
    await this.#settle()
    const own = this.#cores.get(this.writer.toString('hex'))!
    this.#cores.hold()
    const before = own.length
    let lost = false
    try {
      await this.#base.append(encodeOperation(op))
      const entries: JournalEntry[] = []
      for (let seq = before; seq < own.length; seq++) {
        const block = await own.get(seq)
        if (block) entries.push({ core: own.key, seq, block })
      }
      await this.#options.journal.append(entries)
    } catch (error) {
      // What was appended and could not be made durable must not leave.
      lost = own.length > before
      this.#suspect ||= lost
      throw asDiskError(error)
    } finally {
      this.#cores.release(lost)
      this.emit('released')
    }
    await this.refresh()
  }

  /**
   * Asks members whether they know more of our own log than we do, and fetches it back. Appending to a log
   * that others know to be longer would fork it for good. Errors: `WAITING` when nobody can tell.
   */
  async #confirm(): Promise<void> {
    const { clock, logger } = this.#options
    const own = this.#cores.get(this.writer.toString('hex'))!
    // Nobody at all would mean that even the room's first entry is lost.
    const alone = this.#state.devices.size === 1
    const whole = (): boolean => this.#heard && own.contiguousLength >= this.#ownTold
    if (!alone && !(await until(this, ['heard', 'heads'], whole, { clock, ms: PATIENCE }))) {
      logger.warn('control-log-suspect')
      throw new PorchlightError(
        'WAITING',
        "After the power loss this device must first meet a member's device before the room itself can be changed. Messages are not affected; try again when someone is near.",
      )
    }
    this.#suspect = false
    await this.#options.trust()
    if (!alone) await this.#reopen()
  }

  /** What goes beyond the end of the allowance would count nowhere. */
  #checkSpace(): void {
    const { usedUp } = this
    if (usedUp >= NEARLY_FULL && !this.#warned) {
      this.#warned = true
      this.#options.logger.warn('control-log-nearly-full', { usedUp })
    }
    if (usedUp < 1) return
    throw new PorchlightError(
      'RATE_LIMITED',
      'This device has changed this room as often as one device can. Messages are not affected; make the change on another device that is in the room.',
    )
  }

  /** Autobase's append spins for ever while its own log holds more than it has read. */
  async #settle(): Promise<void> {
    const { clock } = this.#options
    const idle = (): boolean => this.#base.localWriter?.idle() ?? true
    if (await until(this, ['heads'], idle, { clock, ms: PATIENCE })) return
    throw new PorchlightError(
      'WAITING',
      'This room is still being brought up to date. Messages are not affected; try again in a moment.',
    )
  }

  async #refresh(): Promise<void> {
    if (this.#closed) return
    await this.#base.update()
    const changed = await this.#entries.read(this.#base.view)
    if (changed) this.#state = this.#entries.state()
    void this.#holder.wake()
    await this.#useHints()
    if (changed) this.emit('state')
    this.emit('heads')
  }

  async #useHints(): Promise<void> {
    const hints: ControlHead[] = []
    for (const [hex, length] of this.#heads) {
      if (!this.#entries.writers.has(hex)) continue
      hints.push({ key: Buffer.from(hex, 'hex'), length })
      this.#heads.delete(hex)
    }
    if (hints.length === 0 || this.#closed) return
    this.#base.hintWakeup(hints)
    await this.#base.update()
  }

  async #holdAll(): Promise<void> {
    if (await this.#cores.openAll(this.#entries.writers)) this.emit('heads')
  }
}

function blindly(envelope: Envelope): AutobaseHandlers<Hyperbee>['blindEncryption'] {
  return {
    encrypt: async (data) => ({ type: 0, value: envelope.seal(data) }),
    decrypt: async ({ value }) => {
      const opened = envelope.open(value)
      if (opened) return { value: opened, rotated: false }
      throw new PorchlightError(
        'DAMAGED',
        'The key of a room in the message store does not open: the store and the key file do not belong together. Nothing was changed; put back the key file that was there.',
      )
    },
  }
}
