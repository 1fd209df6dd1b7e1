import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { createInterface } from 'node:readline'
import { until } from '../compliance/until.ts'

const GRACE_MS = 60_000
const KEPT_CHARACTERS = 64 * 1024

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** `input` is what it reads on stdin; `open` leaves that open for `write`. */
export interface LabProcessOptions extends SpawnOptions {
  readonly input?: string
  readonly open?: boolean
}

/** A process of a lab: its output kept line by line, and its end awaited. */
export class LabProcess {
  /** Lines of stdout. */
  readonly lines: string[] = []
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #onlines: ((line: string) => void)[] = []
  #errors = ''
  #running = true

  constructor(program: string, args: readonly string[], options: LabProcessOptions = {}) {
    const { input, open = false, ...rest } = options
    const stdin = input === undefined && !open ? 'ignore' : 'pipe'
    const child = spawn(program, args, { ...rest, stdio: [stdin, 'pipe', 'pipe'] })
    this.#child = child
    // One that ends without reading is told of by its exit code.
    child.stdin?.on('error', () => {})
    if (!open) child.stdin?.end(input)
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.lines.push(line)
      for (const onLine of this.#onlines) onLine(line)
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-KEPT_CHARACTERS)
    })
    this.ended = new Promise((resolve) => {
      const done = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#running = false
        resolve({ code, signal })
      }
      child.on('error', (error) => {
        this.#errors += String(error)
        done(null, null)
      })
      child.on('close', done)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get running(): boolean {
    return this.#running
  }

  /** The last of what it wrote to stderr. */
  get errors(): string {
    return this.#errors
  }

  /** Gives a line to stdin, which was left open. */
  write(line: string): void {
    this.#child.stdin!.write(`${line}\n`)
  }

  /** Calls back with every further line of stdout. */
  onLine(listener: (line: string) => void): void {
    this.#onlines.push(listener)
  }

  /** The first line of stdout, those written already included, that the test accepts. */
  async line(
    what: string,
    accepts: (line: string) => boolean = () => true,
    limit?: number,
  ): Promise<string> {
    const found = await until(
      what,
      () => this.lines.find(accepts) ?? (!this.#running && null),
      limit,
    )
    if (found === null) throw new Error(`it ended without ${what}: ${this.#errors.trim()}`)
    return found
  }

  /** As a power button: nothing is written any more. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Asks it to end, and ends it by force when it does not; says how it ended. */
  async stop(): Promise<Ending> {
    this.#child.kill('SIGTERM')
    const force = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS)
    try {
      return await this.ended
    } finally {
      clearTimeout(force)
    }
  }
}
