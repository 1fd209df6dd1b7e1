import { sleep, type Clock } from '../core/clock.ts'
import { PorchlightError } from '../core/errors.ts'
import type { KdfCost } from '../core/identity/passphrase.ts'
import type { Logger } from '../core/logger.ts'
import type { SharingSettings } from '../core/mirror/api.ts'
import type { Random } from '../core/random.ts'
import type { Transport } from '../core/transport.ts'
import { removeApiFile, writeApiFile } from './api-file.ts'
import { Credentials } from './api/credentials.ts'
import { EventHub } from './api/event-hub.ts'
import { AutoLock } from './auto-lock.ts'
import type { Status } from './api/schemas.ts'
import { createApi, type Api } from './api/server.ts'
import { ensureDataDir } from './data-dir.ts'
import { runDoctor } from './doctor/run.ts'
import { nodeFacts } from './doctor/node-facts.ts'
import { DataLock } from './lock.ts'
import { describeError } from './log.ts'
import { NodeLife, type OpenEngine } from './node-life.ts'
import { builtPage, version } from './package-root.ts'
import { Previews } from './previews/previews.ts'
import { StorageMeter } from './storage.ts'
import { finishWipe, wipeData, wipeKeys } from './wipe.ts'

/** How long a wipe waits for the engine to let go of its files. */
const CLOSE_LIMIT = 5_000

export interface DaemonOptions {
  readonly dir: string
  /** The nickname to take at this start; the one of before when absent. */
  readonly name?: string | undefined
  /** On 127.0.0.1; 0 takes any free one. */
  readonly port: number
  /** Each transport, and whether it starts now. */
  readonly transports: readonly { readonly transport: Transport; readonly on: boolean }[]
  /** The beacon's UDP port, where it is not the usual one. */
  readonly beaconPort?: number | undefined
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly openEngine: OpenEngine
  /** Opens a sealed data directory at once; without it the node starts locked. */
  readonly passphrase?: string | undefined
  /** Minutes without use after which the node locks itself; 0 or absent never. */
  readonly autoLock?: number | undefined
  /** What this node shall do for others from now on; what was set before when absent. */
  readonly sharing?: Partial<SharingSettings> | undefined
  /** What guessing a new passphrase shall cost; by this computer's memory when absent. */
  readonly cost?: KdfCost | undefined
}

/** A running node: the lock on its data, the engine (while it is unlocked), its transports and the local API. */
export class Daemon {
  /** Resolves once everything is closed, by whomever. */
  readonly closed: Promise<void>
  #url = ''
  readonly #options: DaemonOptions
  readonly #credentials: Credentials
  readonly #startedAt: number
  /** What is open by now, last first. */
  readonly #closers: (() => unknown)[] = []
  #closing: Promise<void> | undefined
  #life: NodeLife | undefined
  #markClosed = (): void => {}

  private constructor(options: DaemonOptions) {
    this.#options = options
    this.#credentials = new Credentials(options.clock, options.random)
    this.#startedAt = options.clock.monotonic()
    this.closed = new Promise((resolve) => (this.#markClosed = resolve))
  }

  /** Errors: ALREADY_RUNNING, PORT_IN_USE, and those of the engine; then nothing is left open. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = new Daemon(options)
    try {
      await daemon.#open()
      return daemon
    } catch (error) {
      await daemon.close()
      throw error
    }
  }

  /** `http://127.0.0.1:PORT`. */
  get url(): string {
    return this.#url
  }

  /** A link that opens the page in a browser: good once, for ten minutes. */
  browserLink(): string {
    return `${this.#url}/#code=${this.#credentials.issueCode()}`
  }

  /** Stops everything in the reverse order of its start. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** True while a passphrase is needed. */
  get locked(): boolean {
    return this.#life?.locked ?? true
  }

  async #open(): Promise<void> {
    const { dir, logger, clock, passphrase, autoLock = 0 } = this.#options
    await ensureDataDir(dir)
    const lock = await DataLock.take(dir)
    this.#closers.unshift(() => lock.release())
    await finishWipe(dir)
    const events = new EventHub(clock)
    this.#closers.unshift(() => events.close())
    const life = await NodeLife.open({
      ...this.#options,
      onengine: (engine) => events.follow(engine),
    })
    this.#life = life
    this.#closers.unshift(() => life.close())
    if (life.locked && passphrase !== undefined) await life.unlock(passphrase)
    const lockIfSealed = async (): Promise<void> => {
      if (life.sealed) await life.lock()
    }
    const auto = new AutoLock({ minutes: autoLock, clock, lock: lockIfSealed })
    this.#closers.unshift(() => auto.close())
    await this.#serve(life, events, auto)
    await life.start()
    logger.info('node.started', { version, locked: life.locked })
  }

  async #serve(life: NodeLife, events: EventHub, auto: AutoLock): Promise<void> {
    const { dir, port, logger, clock } = this.#options
    const storage = new StorageMeter(dir, clock)
    const previews = new Previews({ clock })
    this.#closers.unshift(() => previews.close())
    const api = await createApi({
      engine: life.engine,
      credentials: this.#credentials,
      events,
      logger,
      version,
      webRoot: builtPage,
      url: () => this.#url,
      status: () => this.#status(life, storage),
      doctor: async () => {
        const { random, beaconPort } = this.#options
        const node = await nodeFacts(life.engine, this.#url)
        return runDoctor({ dir, clock, random, beaconPort, node })
      },
      stop: () => void this.close(),
      clock,
      previews,
      atRest: {
        locked: () => life.locked,
        used: () => auto.used(),
        lock: (passphrase) => life.lock(passphrase),
        unlock: (passphrase) => life.unlock(passphrase),
        setPassphrase: (current, next) => life.setPassphrase(current, next),
        wipe: () => this.#wipe(life, events),
      },
    })
    this.#closers.unshift(() => api.close())
    this.#url = `http://127.0.0.1:${await listen(api, port)}`
    await writeApiFile(dir, { url: this.#url, token: this.#credentials.token, pid: process.pid })
    this.#closers.unshift(() => removeApiFile(dir))
  }

  async #status(life: NodeLife, storage: StorageMeter): Promise<Status> {
    const taken = await storage.read()
    const about = {
      version,
      locked: life.locked,
      sealed: life.sealed,
      pid: process.pid,
      uptime: Math.round(this.#options.clock.monotonic() - this.#startedAt),
    }
    if (life.locked) return { ...about, ...UNKNOWN, storage: { ...taken, quota: null } }
    const { engine } = life
    const { quota } = await engine.files.storage()
    const transports = engine.transports().map(({ id, ...state }) => [id, state] as const)
    return {
      ...about,
      storage: { ...taken, quota },
      device: engine.deviceId,
      person: engine.personId,
      name: engine.name,
      named: engine.named,
      transports: Object.fromEntries(transports),
      peers: engine.peers(),
      rooms: engine.rooms().length,
    }
  }

  /** The keys go first: whatever happens then, the rest is noise. The caller stops the node. */
  async #wipe(life: NodeLife, events: EventHub): Promise<void> {
    const { dir, clock, logger } = this.#options
    const failed = (error: unknown): void => logger.error('node.wipe', describeError(error))
    await wipeKeys(dir).catch(failed)
    events.announceWipe()
    await Promise.race([life.close().catch(failed), sleep(clock, CLOSE_LIMIT)])
    await wipeData(dir)
  }

  async #close(): Promise<void> {
    for (const close of this.#closers) {
      try {
        await close()
      } catch (error) {
        this.#options.logger.error('node.close-failed', describeError(error))
      }
    }
    this.#options.logger.info('node.stopped')
    this.#markClosed()
  }
}

/** What a locked node knows of its person. */
const UNKNOWN = {
  device: '',
  person: '',
  name: '',
  named: false,
  transports: {},
  peers: [],
  rooms: 0,
}

/** The port it listens on then. Errors: PORT_IN_USE, NOT_ALLOWED. */
async function listen(api: Api, port: number): Promise<number> {
  try {
    await api.listen({ port, host: '127.0.0.1' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      throw new PorchlightError(
        'PORT_IN_USE',
        `Port ${port} is taken by another program, or by a node on other data. Choose another with --port (0 takes any free one), or with "port" in config.json.`,
      )
    }
    if (code === 'EACCES') {
      throw new PorchlightError(
        'NOT_ALLOWED',
        `The system does not let this user listen on port ${port}. Choose one above 1023 with --port.`,
      )
    }
    throw error
  }
  return (api.server.address() as { port: number }).port
}
