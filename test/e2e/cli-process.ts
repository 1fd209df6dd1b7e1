import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RoomView } from '../../node-app/api/schemas.ts'
import { until } from './until.ts'

const PROGRAM = join(import.meta.dirname, '../../node-app/bin/porchlight.mjs')
/** Of the tests of this process alone, so that other nodes on this computer stay out; below the ports that the system gives away. */
const BEACON_PORT = 20_000 + (process.pid % 12_000)

/** One call of the program as a process of its own. */
export class Call {
  out = ''
  err = ''
  readonly child: ChildProcess
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>

  constructor(argv: readonly string[], env: NodeJS.ProcessEnv = {}, input?: string) {
    const plain = { ...process.env, NODE_OPTIONS: '', LOG_LEVEL: '' }
    const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] as const
    this.child = spawn(process.execPath, [PROGRAM, ...argv], {
      env: { ...plain, ...env },
      stdio: [...stdio],
    })
    this.child.stdin?.end(input)
    this.child.stdout!.on('data', (chunk) => (this.out += String(chunk)))
    this.child.stderr!.on('data', (chunk) => (this.err += String(chunk)))
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve(code ?? signal ?? ''))
    })
  }

  get lines(): string[] {
    return this.out.split('\n').filter((line) => line !== '')
  }
}

/** A data directory with the real program on it, linked over loopback alone. */
export class Place {
  readonly dir: string
  readonly #calls = new Set<Call>()

  private constructor(dir: string) {
    this.dir = dir
  }

  static async make(config: object = {}): Promise<Place> {
    const place = new Place(await mkdtemp(join(tmpdir(), 'porchlight-place-')))
    const near = { port: 0, lanLoopback: true, lanBeaconPort: BEACON_PORT, dht: false }
    const all = { ...near, ...config }
    await writeFile(join(place.dir, 'config.json'), JSON.stringify(all))
    return place
  }

  /** `input` is its standard input; none when absent. */
  call(argv: readonly string[], env: NodeJS.ProcessEnv = {}, input?: string): Call {
    const call = new Call(argv, { PORCHLIGHT_DATA: this.dir, ...env }, input)
    this.#calls.add(call)
    return call
  }

  /** Runs to its end; fails unless it exits with 0. */
  async ok(...argv: string[]): Promise<string> {
    const call = this.call(argv)
    await this.#done(call, argv)
    return call.out
  }

  async json<T>(...argv: string[]): Promise<T> {
    return JSON.parse(await this.ok('--json', ...argv)) as T
  }

  /** What a command that gives a JSON document a line printed. */
  async jsonLines<T>(...argv: string[]): Promise<T[]> {
    const call = this.call(['--json', ...argv])
    await this.#done(call, argv)
    return call.lines.map((line) => JSON.parse(line) as T)
  }

  /** Joins, and waits until it is let in. */
  async join(invite: string): Promise<RoomView> {
    let room = await this.json<RoomView>('join', invite, '--wait', '60s')
    await until(async () => {
      if (room.state === 'waiting') {
        const rooms = await this.json<RoomView[]>('room', 'list')
        room = rooms.find(({ id }) => id === room.id) ?? room
      }
      return room.state !== 'waiting'
    }, 'to be let in')
    return room
  }

  /** A node, once it says that it is ready. */
  async start(argv: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Call> {
    const call = this.call(['start', '--json', ...argv], env)
    await until(() => call.lines.length > 0 || call.child.exitCode !== null)
    if (call.lines.length === 0) throw new Error(call.err)
    return call
  }

  async #done(call: Call, argv: readonly string[]): Promise<void> {
    const code = await call.ended
    if (code !== 0) throw new Error(`porchlight ${argv.join(' ')}: ${code} ${call.err}`)
  }

  async close(): Promise<void> {
    for (const call of this.#calls) {
      if (call.child.exitCode === null && call.child.signalCode === null) call.child.kill('SIGKILL')
      await call.ended
    }
    await rm(this.dir, { recursive: true, force: true })
  }
}
