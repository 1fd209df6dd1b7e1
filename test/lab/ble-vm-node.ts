/**
 * A node in the guest. It runs as everywhere; the commands that ask it run in the process that asks, since starting
 * one takes seconds of an emulated processor.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { Config } from '../../node-app/config-keys.ts'
import { runCli } from '../../node-app/cli/main.ts'
import { packageRoot } from '../../node-app/package-root.ts'
import { until } from '../compliance/until.ts'
import type { Apart } from './ble-two.ts'
import { LabProcess } from './lab-process.ts'
import type { Status } from './lab-node.ts'

const PROGRAM = join(packageRoot, 'node-app', 'bin', 'porchlight.mjs')
const FLAGS = ['--no-lan', '--no-dht', '--ble', '--port', '0']
const PATIENCE_MS = 240_000
const NEVER = new AbortController().signal

export class GuestNode implements Apart {
  readonly name: string
  readonly #data: string
  readonly #config: Config
  #process: LabProcess | null = null
  startedAt = 0
  readyAt = 0

  constructor(name: string, directory: string, config: Config) {
    this.name = name
    this.#data = join(directory, name)
    this.#config = config
  }

  async start(): Promise<void> {
    await mkdir(this.#data, { recursive: true, mode: 0o700 })
    await writeFile(join(this.#data, 'config.json'), JSON.stringify(this.#config))
    this.startedAt = Date.now()
    const args = [PROGRAM, '--data', this.#data, '--json', 'start', '--name', this.name, ...FLAGS]
    this.#process = new LabProcess(process.execPath, args)
    await this.#process.line(`the ready line of ${this.name}`, undefined, PATIENCE_MS)
    this.readyAt = Date.now()
  }

  async stop(): Promise<void> {
    const child = this.#process
    this.#process = null
    const ending = await child?.stop()
    if (child !== null && ending?.code !== 0) {
      throw new Error(`${this.name} ended with ${JSON.stringify(ending)}: ${child.errors.trim()}`)
    }
  }

  /** What it wrote to stderr in its present run. */
  get errors(): string {
    return this.#process?.errors ?? ''
  }

  async ask<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.#command(args)) as T
  }

  async askLines<T>(...args: string[]): Promise<T[]> {
    const lines = (await this.#command(args)).split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as T)
  }

  async linked(by: string): Promise<Status['peers'][number]> {
    const found = async (): Promise<Status['peers'][number] | undefined> => {
      const { peers } = await this.ask<Status>('status')
      return peers.find(({ transport }) => transport === by)
    }
    return until(`a link of ${this.name}`, found, PATIENCE_MS)
  }

  async #command(args: readonly string[]): Promise<string> {
    let out = ''
    let err = ''
    const sink = (take: (text: string) => void): Writable =>
      new Writable({
        write(chunk, _encoding, done) {
          take(String(chunk))
          done()
        },
      })
    const code = await runCli(['--data', this.#data, '--json', ...args], {
      stdin: new PassThrough(),
      stdout: sink((text) => (out += text)),
      stderr: sink((text) => (err += text)),
      env: {},
      terminal: false,
      progress: false,
      columns: 200,
      interrupted: () => NEVER,
    })
    if (code === 0) return out
    throw new Error(`porchlight ${args.join(' ')} on ${this.name}: ${err.trim()}`)
  }
}
