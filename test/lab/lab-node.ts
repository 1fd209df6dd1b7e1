import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'
import { until } from '../compliance/until.ts'
import { LabApi } from './lab-api.ts'
import type { LabHost } from './lab-host.ts'
import type { LabProcess } from './lab-process.ts'

const PROGRAM = join(packageRoot, 'node-app', 'bin', 'porchlight.mjs')
const PORT = '4747'
const NOTICE_MS = 120_000

/** The parts of `status --json` that labs look at. */
export interface Status {
  readonly device: string
  readonly peers: readonly {
    readonly id: string
    readonly transport: string
    readonly since: number
  }[]
}

/** A line of `messages --json`. */
export interface Message {
  readonly id: string
  readonly text: string
  readonly sentAt: number
  readonly delivery: { readonly state: string; readonly devices: number }
}

/** A Porchlight node on a host, run and asked by its command line alone, as a person would. */
export class LabNode {
  readonly host: LabHost
  /** Its data directory. */
  readonly data: string
  #process: LabProcess | null = null
  #api: LabApi | null = null
  /** Wall-clock milliseconds of the last start, and of its ready line. */
  startedAt = 0
  readyAt = 0

  readonly #flags: readonly string[]
  readonly #env: NodeJS.ProcessEnv

  /**
   * `bootstrap`: nodes of the DHT to use, HOST:PORT; without them the internet is left alone. `env`: what the node's
   * environment has beside this process's.
   */
  constructor(
    host: LabHost,
    directory: string,
    {
      bootstrap = [],
      flags = [],
      env = {},
    }: {
      bootstrap?: readonly string[]
      flags?: readonly string[]
      env?: NodeJS.ProcessEnv
    } = {},
  ) {
    this.host = host
    this.data = join(directory, host.name)
    const dht = bootstrap.length === 0 ? ['--no-dht'] : ['--dht-bootstrap', bootstrap.join(',')]
    // The computers of a lab have no radio, unless one says so.
    const radio = flags.includes('--ble') ? [] : ['--no-ble']
    this.#flags = [...dht, ...radio, ...flags]
    this.#env = env
  }

  get name(): string {
    return this.host.name
  }

  /** Resolves once it says that it is ready. `ahead`: by how many ms its clock is ahead, as if so much time had passed. */
  async start({ ahead = 0 } = {}): Promise<void> {
    this.startedAt = Date.now()
    const args = ['start', '--name', this.name, '--port', PORT, ...this.#flags]
    const later = ahead === 0 ? {} : clockAhead(ahead)
    this.#process = this.#spawn(args, undefined, { ...process.env, ...this.#env, ...later })
    const what = `the ready line of ${this.name}`
    const line = await this.#process.line(what, undefined, NOTICE_MS)
    this.readyAt = Date.now()
    const { ready } = JSON.parse(line) as { ready?: boolean }
    if (ready !== true) throw new Error(`the first line of start was ${line}`)
  }

  /** Stops it as Ctrl-C does; throws when it had crashed, or does not end well. */
  async stop(): Promise<void> {
    const child = this.#process
    this.#process = null
    const ending = await child?.stop()
    if (child !== null && ending?.code !== 0) {
      throw new Error(`${this.name} ended with ${JSON.stringify(ending)}: ${child.errors.trim()}`)
    }
  }

  /** As a power button; what a command asks of it just then fails. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = null
    await child?.kill()
  }

  /** Of its present run. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  get running(): boolean {
    return this.#process?.running ?? false
  }

  /** What it wrote to stderr in its present run. */
  get errors(): string {
    return this.#process?.errors ?? ''
  }

  /** What a GET of its API gives: cheaper than a command. */
  get<T>(path: string): Promise<T> {
    return this.#calls.get<T>(path)
  }

  /** What a POST gives. */
  post<T>(path: string, body: object): Promise<T> {
    return this.#calls.post<T>(path, body)
  }

  /** Runs one command and gives its JSON document. */
  async ask<T>(...args: string[]): Promise<T> {
    return JSON.parse((await this.#output(args)).join('\n')) as T
  }

  /** The same for a command that reads `input` on stdin. */
  async tell<T>(input: string, ...args: string[]): Promise<T> {
    return JSON.parse((await this.#output(args, input)).join('\n')) as T
  }

  /** Runs one command that must be refused; gives the code of its error. */
  async refused(...args: string[]): Promise<string> {
    const child = this.run(...args)
    const { code } = await child.ended
    const error = /^error: ([A-Z_]+) /m.exec(child.errors)?.[1]
    if (code === 0 || error === undefined) {
      throw new Error(
        `porchlight ${args.join(' ')} on ${this.name} was not refused: ${child.errors}`,
      )
    }
    return error
  }

  /** Starts one command and leaves it running. */
  run(...args: string[]): LabProcess {
    return this.#spawn(args)
  }

  /** Runs one command that gives a JSON document a line. */
  async askLines<T>(...args: string[]): Promise<T[]> {
    return (await this.#output(args)).map((line) => JSON.parse(line) as T)
  }

  /** Keeps reading a room's messages as they come. */
  follow(room: string): Follower {
    return new Follower(this.#spawn(['messages', room, '--limit', '500', '--follow']))
  }

  /** The first link over the local network, or by the transport that is named, once there is one. */
  async linked(by = 'lan'): Promise<Status['peers'][number]> {
    return until(`a link of ${this.name}`, async () => {
      const { peers } = await this.ask<Status>('status')
      return peers.find(({ transport }) => transport === by)
    })
  }

  /** Resolves once it has no peers left. */
  async alone(): Promise<void> {
    await until(
      `${this.name} to notice that nobody is there`,
      async () => (await this.ask<Status>('status')).peers.length === 0,
      NOTICE_MS,
    )
  }

  get #calls(): LabApi {
    return (this.#api ??= new LabApi(this.host, this.data))
  }

  async #output(args: string[], input?: string): Promise<string[]> {
    const child = this.#spawn(args, input)
    const { code } = await child.ended
    if (code === 0) return child.lines
    throw new Error(`porchlight ${args.join(' ')} on ${this.name}: ${child.errors.trim()}`)
  }

  #spawn(args: readonly string[], input?: string, env?: NodeJS.ProcessEnv): LabProcess {
    const command = [PROGRAM, '--data', this.data, '--json', ...args]
    return this.host.start(process.execPath, command, {
      ...(input === undefined ? {} : { input }),
      ...(env === undefined ? {} : { env }),
    })
  }
}

/** The environment in which a Node.js program's clock is so many ms ahead. */
function clockAhead(ms: number): NodeJS.ProcessEnv {
  const code = `const now=Date.now;Date.now=()=>now()+${ms}`
  return {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
  }
}

/** A running `messages --follow`, and when each message was first shown. */
export class Follower {
  readonly #process: LabProcess
  readonly #shownAt = new Map<string, number>()

  constructor(child: LabProcess) {
    this.#process = child
    child.onLine((line) => this.#online(JSON.parse(line) as Message))
  }

  /** Wall-clock milliseconds at which a text was first shown, once it was. */
  shown(text: string): Promise<number> {
    return until(`"${text}" to be shown`, () => {
      if (!this.#process.running)
        throw new Error(`messages --follow ended: ${this.#process.errors}`)
      return this.#shownAt.get(text)
    })
  }

  async stop(): Promise<void> {
    await this.#process.stop()
  }

  #online({ text }: Message): void {
    if (!this.#shownAt.has(text)) this.#shownAt.set(text, Date.now())
  }
}
