import { totalmem } from 'node:os'
import type { EngineApi } from '../core/api.ts'
import { sleep, type Clock } from '../core/clock.ts'
import { PorchlightError } from '../core/errors.ts'
import { kdfCost, type KdfCost } from '../core/identity/passphrase.ts'
import { Vault } from '../core/identity/vault.ts'
import type { Logger } from '../core/logger.ts'
import type { SharingSettings } from '../core/mirror/api.ts'
import type { Random } from '../core/random.ts'
import { keyFile } from '../core/storage.ts'
import type { Transport } from '../core/transport.ts'
import { describeError } from './log.ts'
import { EngineSlot } from './engine-slot.ts'
import { unlockDelay } from './unlock-delay.ts'

/** Opens the engine on a data directory; `core/engine.ts` has the real one. */
export type OpenEngine = (options: {
  dir: string
  name?: string
  vault: Vault
  clock: Clock
  random: Random
  logger: Logger
}) => Promise<EngineApi>

export interface NodeLifeOptions {
  readonly dir: string
  /** The nickname to take; the one of before when absent. */
  readonly name?: string | undefined
  /** Each transport, and whether it starts now. */
  readonly transports: readonly { readonly transport: Transport; readonly on: boolean }[]
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly openEngine: OpenEngine
  /** What guessing a new passphrase shall cost; by this computer's memory when absent. */
  readonly cost?: KdfCost | undefined
  /** What this node shall do for others from now on; what was set before when absent. */
  readonly sharing?: Partial<SharingSettings> | undefined
  /** An engine came (unlocked), or it is gone (locked). */
  readonly onengine: (engine: EngineApi | null) => void
}

/** How long the transports are waited for at a start. */
const SETTLE_MS = 3_000

/** The engine through locks and unlocks: keys are in memory, and transports on, only in between. */
export class NodeLife {
  readonly #options: NodeLifeOptions
  readonly #vault: Vault
  readonly #slot = new EngineSlot()
  readonly #abort = new AbortController()
  /** Ids of the transports that shall be on while it is unlocked. */
  #on: ReadonlySet<string>
  /** Ids of those that were off when it was locked: some begin by themselves. */
  #off: readonly string[] = []
  #failures = 0
  #trying = false
  #changing: Promise<unknown> = Promise.resolve()

  private constructor(options: NodeLifeOptions, vault: Vault) {
    this.#options = options
    this.#vault = vault
    this.#on = new Set(
      options.transports.filter(({ on }) => on).map(({ transport }) => transport.id),
    )
  }

  /** Opens the engine unless a passphrase is needed; its transports wait for `start`. Errors: those of the engine. */
  static async open(options: NodeLifeOptions): Promise<NodeLife> {
    const { dir, random, cost = kdfCost(totalmem()) } = options
    const vault = await Vault.open(keyFile(dir), { random, cost })
    const life = new NodeLife(options, vault)
    try {
      if (!vault.locked) await life.#open()
      return life
    } catch (error) {
      await life.close()
      throw error
    }
  }

  /** Good for ever; any use while the node is locked is `LOCKED`. */
  get engine(): EngineApi {
    return this.#slot.api
  }

  get locked(): boolean {
    return this.#slot.engine === null
  }

  /** Whether there is a passphrase. */
  get sealed(): boolean {
    return this.#vault.sealed
  }

  /** The transports begin, where it is unlocked; one that takes its time, as a radio may, is not waited for. */
  async start(): Promise<void> {
    const { clock, logger } = this.#options
    const { engine } = this.#slot
    for (const id of this.#off) await engine?.switchTransport(id, false)
    if (!engine) return
    const starting = [...this.#on].map((id) => engine.switchTransport(id, true))
    const failed = (error: unknown): void => logger.error('transport.start', describeError(error))
    for (const one of starting) one.catch(failed)
    const settled = new AbortController()
    const all = Promise.all(starting).finally(() => settled.abort())
    await Promise.race([all, sleep(clock, SETTLE_MS, settled.signal).catch(() => {})])
  }

  /**
   * Closes the engine and wipes the keys from memory. Where there is no passphrase yet, `passphrase` becomes it.
   * Errors: `NOT_ALLOWED` when there is none, `BAD_REQUEST` for one that is too short, or where there is one.
   */
  lock(passphrase?: string): Promise<void> {
    return this.#change(async () => {
      if (passphrase !== undefined && this.sealed) throw hasPassphrase()
      const { engine } = this.#slot
      if (!engine) return
      if (passphrase !== undefined) await this.#vault.setPassphrase(undefined, passphrase)
      if (!this.sealed) throw needsPassphrase()
      const transports = engine.transports()
      const ids = (off: boolean): string[] =>
        transports.filter(({ state }) => (state === 'off') === off).map(({ id }) => id)
      this.#on = new Set(ids(false))
      this.#off = ids(true)
      await this.#close()
      await this.#vault.lock()
      this.#options.logger.info('node.locked')
    })
  }

  /** Errors: `WRONG_PASSPHRASE`, `RATE_LIMITED`, those of the engine. */
  unlock(passphrase: string): Promise<void> {
    return this.#guarded(async () => {
      if (this.#slot.engine) return
      await this.#vault.unlock(passphrase)
      try {
        await this.#open()
        await this.start()
      } catch (error) {
        await this.#close()
        await this.#vault.lock()
        throw error
      }
      this.#options.logger.info('node.unlocked')
    })
  }

  /** Errors: `LOCKED`, `WRONG_PASSPHRASE`, `RATE_LIMITED`, `BAD_REQUEST`. */
  setPassphrase(current: string | undefined, next: string | null): Promise<void> {
    return this.#guarded(() => this.#vault.setPassphrase(current, next))
  }

  close(): Promise<void> {
    this.#abort.abort(new PorchlightError('CLOSED', 'Porchlight is stopping.'))
    return this.#change(async () => {
      await this.#close()
      await this.#vault.close()
    })
  }

  async #open(): Promise<void> {
    const { dir, name, clock, random, logger, transports, sharing, onengine } = this.#options
    const named = name === undefined ? {} : { name }
    const shared = { clock, random, logger, vault: this.#vault }
    const engine = await this.#options.openEngine({ dir, ...named, ...shared })
    this.#slot.put(engine)
    if (name !== undefined && engine.name !== name) await engine.setName(name)
    if (sharing !== undefined) await engine.mirrors.setSettings(sharing)
    for (const { transport } of transports) engine.addTransport(transport)
    onengine(engine)
  }

  async #close(): Promise<void> {
    const { engine } = this.#slot
    this.#slot.put(null)
    if (!engine) return
    this.#options.onengine(null)
    await engine.close()
  }

  /** One try of a passphrase at a time, and slower after wrong ones. */
  async #guarded(attempt: () => Promise<void>): Promise<void> {
    if (this.#trying) throw oneAtATime()
    this.#trying = true
    try {
      await this.#change(async () => {
        const delay = unlockDelay(this.#failures)
        // Its timer does not keep the process alive, and at a start nothing else does.
        if (delay > 0) await sleep(this.#options.clock, delay, this.#abort.signal)
        await attempt()
      })
      this.#failures = 0
    } catch (error) {
      if (error instanceof PorchlightError && error.code === 'WRONG_PASSPHRASE') this.#failures++
      throw error
    } finally {
      this.#trying = false
    }
  }

  /** One change at a time. */
  #change(change: () => Promise<void>): Promise<void> {
    const done = this.#changing.then(change)
    this.#changing = done.catch(() => {})
    return done
  }
}

function hasPassphrase(): PorchlightError {
  return new PorchlightError(
    'BAD_REQUEST',
    'This device has a passphrase already, and it was neither changed nor locked. Lock it without naming one; `porchlight passphrase set` changes it.',
  )
}

function needsPassphrase(): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    'There is no passphrase yet, so nothing could be unlocked again. Choose one with `porchlight lock` or in the page.',
  )
}

function oneAtATime(): PorchlightError {
  return new PorchlightError(
    'RATE_LIMITED',
    'Another passphrase is being tried right now: wait until that is done (at most half a minute), then try again.',
  )
}
