import type { EngineApi } from '../core/api.ts'
import type { Clock } from '../core/clock.ts'
import { PorchlightError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import type { Transport } from '../core/transport.ts'
import { removeApiFile, writeApiFile } from './api-file.ts'
import { Credentials } from './api/credentials.ts'
import { EventHub } from './api/event-hub.ts'
import type { Status } from './api/schemas.ts'
import { createApi, type Api } from './api/server.ts'
import { ensureDataDir } from './data-dir.ts'
import { runDoctor } from './doctor/run.ts'
import { nodeFacts } from './doctor/node-facts.ts'
import { DataLock } from './lock.ts'
import { describeError } from './log.ts'
import { builtPage, version } from './package-root.ts'
import { StorageMeter } from './storage.ts'

/** Opens the engine on a data directory; `core/engine.ts` has the real one. */
export type OpenEngine = (options: {
  dir: string
  name?: string
  clock: Clock
  random: Random
  logger: Logger
}) => Promise<EngineApi>

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
}

/** A running node: the lock on its data, the engine, its transports and the local API. */
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

  async #open(): Promise<void> {
    const { dir, name, logger, clock, random, transports } = this.#options
    await ensureDataDir(dir)
    const lock = await DataLock.take(dir)
    this.#closers.unshift(() => lock.release())
    const named = name === undefined ? {} : { name }
    const engine = await this.#options.openEngine({ dir, ...named, clock, random, logger })
    this.#closers.unshift(() => engine.close())
    if (name !== undefined && engine.name !== name) await engine.setName(name)
    for (const { transport } of transports) engine.addTransport(transport)
    await this.#serve(engine)
    for (const { transport, on } of transports)
      if (on) await engine.switchTransport(transport.id, true)
    logger.info('node.started', { version, rooms: engine.rooms().length })
  }

  async #serve(engine: EngineApi): Promise<void> {
    const { dir, port, logger, clock } = this.#options
    const events = new EventHub(engine, clock)
    this.#closers.unshift(() => events.close())
    const storage = new StorageMeter(dir, clock)
    const api = await createApi({
      engine,
      credentials: this.#credentials,
      events,
      logger,
      version,
      webRoot: builtPage,
      url: () => this.#url,
      status: () => this.#status(engine, storage),
      doctor: async () => {
        const { random, beaconPort } = this.#options
        const node = await nodeFacts(engine, this.#url)
        return runDoctor({ dir, clock, random, beaconPort, node })
      },
      stop: () => void this.close(),
    })
    this.#closers.unshift(() => api.close())
    this.#url = `http://127.0.0.1:${await listen(api, port)}`
    await writeApiFile(dir, { url: this.#url, token: this.#credentials.token, pid: process.pid })
    this.#closers.unshift(() => removeApiFile(dir))
  }

  async #status(engine: EngineApi, storage: StorageMeter): Promise<Status> {
    const transports = engine.transports().map(({ id, ...state }) => [id, state] as const)
    return {
      device: engine.deviceId,
      person: engine.personId,
      name: engine.name,
      named: engine.named,
      version,
      transports: Object.fromEntries(transports),
      peers: engine.peers(),
      rooms: engine.rooms().length,
      storage: await storage.read(),
      pid: process.pid,
      uptime: Math.round(this.#options.clock.monotonic() - this.#startedAt),
    }
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
