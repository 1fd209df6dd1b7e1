import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { writeApiFile } from '../../node-app/api-file.ts'
import type { Io } from '../../node-app/cli/io.ts'
import { runCli } from '../../node-app/cli/main.ts'
import { ApiServer } from './api-server.ts'
import type { FakeEngine } from './fake-engine.ts'

export interface Ran {
  code: number
  out: string
  err: string
}

/** One call of the command line in this process, as it runs. */
export class CliCall {
  out = ''
  err = ''
  readonly done: Promise<Ran>
  readonly #interrupt = new AbortController()

  constructor(
    argv: readonly string[],
    options: { terminal?: boolean; input?: string; env?: object },
  ) {
    const sink = (take: (text: string) => void): Writable =>
      new Writable({
        write(chunk, _encoding, done) {
          take(String(chunk))
          done()
        },
      })
    const io: Io = {
      stdin:
        options.input === undefined
          ? new PassThrough()
          : Readable.from([Buffer.from(options.input)]),
      stdout: sink((text) => (this.out += text)),
      stderr: sink((text) => (this.err += text)),
      env: { ...options.env },
      terminal: options.terminal ?? false,
      progress: options.terminal ?? false,
      columns: 200,
      interrupted: () => this.#interrupt.signal,
    }
    this.done = runCli(argv, io).then((code) => ({ code, out: this.out, err: this.err }))
  }

  /** As Ctrl-C. */
  interrupt(): void {
    this.#interrupt.abort(new Error('interrupted'))
  }

  get lines(): string[] {
    return this.out.split('\n').filter((line) => line !== '')
  }
}

/** A data directory whose node is a fake engine behind the real API. */
export class CliNode {
  readonly dir: string
  server: ApiServer

  private constructor(dir: string, server: ApiServer) {
    this.dir = dir
    this.server = server
  }

  static async start(): Promise<CliNode> {
    const node = new CliNode(
      await mkdtemp(join(tmpdir(), 'porchlight-cli-')),
      await ApiServer.start(),
    )
    await node.#announce()
    return node
  }

  get engine(): FakeEngine {
    return this.server.engine
  }

  call(argv: readonly string[], options: { terminal?: boolean; input?: string } = {}): CliCall {
    return new CliCall(argv, { ...options, env: { PORCHLIGHT_DATA: this.dir } })
  }

  run(argv: readonly string[], options: { terminal?: boolean; input?: string } = {}): Promise<Ran> {
    return this.call(argv, options).done
  }

  /** The one JSON document of a call that succeeds. */
  async json<T>(...argv: string[]): Promise<T> {
    const { code, out, err } = await this.run([...argv, '--json'])
    if (code !== 0) throw new Error(err)
    return JSON.parse(out) as T
  }

  /** The node goes away. */
  async pause(): Promise<void> {
    await this.server.close()
  }

  /** It comes back with what it knew, at another port and with another token. */
  async resume(): Promise<void> {
    this.server = await ApiServer.start(undefined, this.server.engine)
    await this.#announce()
  }

  async close(): Promise<void> {
    await this.server.close()
    await rm(this.dir, { recursive: true, force: true })
  }

  async #announce(): Promise<void> {
    const { port, credentials } = this.server
    const url = `http://127.0.0.1:${port}`
    await writeApiFile(this.dir, { url, token: credentials.token, pid: process.pid })
  }
}
