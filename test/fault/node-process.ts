import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { EngineApi, MessageView } from '../../core/api.ts'
import type { AllowanceLimits } from '../../core/room/allowance.ts'
import { until } from '../compliance/until.ts'

const CHILD = join(process.cwd(), 'dist/test/fault/node-child.js')

/** A line of the child; see node-child.ts. */
interface Line {
  readonly opened?: string
  readonly failed?: Refusal
  readonly n?: number
  readonly value?: unknown
  readonly error?: Refusal
  readonly ack?: string
  readonly text?: string
  readonly refused?: Refusal
  readonly mishap?: string
  readonly log?: string
}

/** An error as it crossed from the child. */
export interface Refusal {
  readonly code: string
  readonly message: string
}

/** What a call in the child failed with. */
export class ChildError extends Error {
  readonly code: string

  constructor({ code, message }: Refusal) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

type Methods = Pick<
  EngineApi,
  | 'createRoom'
  | 'invite'
  | 'join'
  | 'moderate'
  | 'send'
  | 'messages'
  | 'rooms'
  | 'members'
  | 'peers'
  | 'setName'
  | 'close'
>

const running = new Set<NodeProcess>()

/** Kills every node that a test left behind. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((node) => node.kill()))
}

/** An engine in a process of its own, to be killed at any time. */
export class NodeProcess {
  /** Messages it acknowledged while flooding: id → text. */
  readonly acknowledged = new Map<string, string>()
  /** Why floods ended. */
  readonly refused: Refusal[] = []
  /** Conflicts, unhandled rejections, uncaught exceptions: what must not happen. */
  readonly mishaps: string[] = []
  /** Names of what it logged. */
  readonly logged: string[] = []
  readonly ended: Promise<number | string>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #answers = new Map<number, (line: Line) => void>()
  #next = 1
  #alive = true
  #opened: string | null = null
  #failed: Refusal | null = null

  constructor(dir: string, name = 'Someone', limits?: AllowanceLimits) {
    const args = [dir, name, ...(limits ? [JSON.stringify(limits)] : [])]
    this.#child = spawn(process.execPath, ['--expose-gc', '--trace-warnings', CHILD, ...args], {
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    running.add(this)
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) this.#take(JSON.parse(line) as Line)
      // A package that speaks of a fault: hypercore does, of a conflict.
      else this.mishaps.push(line)
    })
    this.#child.stderr.on('data', (data) => this.mishaps.push(`stderr: ${String(data)}`))
    // The other end may be killed while something is written to it.
    this.#child.stdin.on('error', () => {})
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#alive = false
        running.delete(this)
        for (const answer of this.#answers.values()) {
          answer({ error: { code: 'ENDED', message: 'the process ended' } })
        }
        resolve(code ?? signal ?? '')
      })
    })
  }

  /** A node that opened its data. */
  static async open(dir: string, name?: string, limits?: AllowanceLimits): Promise<NodeProcess> {
    const node = new NodeProcess(dir, name, limits)
    const failed = await node.outcome()
    if (failed) throw new ChildError(failed)
    return node
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Null once the data is open, else why it is not. */
  async outcome(): Promise<Refusal | null> {
    await until('the node to open', () => {
      if (this.#opened !== null || this.#failed) return true
      if (!this.#alive) throw new Error(`the node ended: ${this.mishaps.join('; ')}`)
      return false
    })
    return this.#failed
  }

  /** Calls the engine, or a method of the child. Rejects with ChildError. */
  async call<T = unknown>(method: string, ...args: unknown[]): Promise<T> {
    const n = this.#next++
    const line = await new Promise<Line>((resolve) => {
      this.#answers.set(n, resolve)
      if (!this.#alive) resolve({ error: { code: 'ENDED', message: 'the process ended' } })
      this.#child.stdin.write(`${JSON.stringify({ n, method, args })}\n`)
    })
    this.#answers.delete(n)
    if (line.error) throw new ChildError(line.error)
    return line.value as T
  }

  /** The engine's own methods. */
  ask<M extends keyof Methods>(
    method: M,
    ...args: Parameters<Methods[M]>
  ): Promise<Awaited<ReturnType<Methods[M]>>> {
    return this.call(method, ...args)
  }

  /** Every message of a room in its order. */
  async history(room: string): Promise<MessageView[]> {
    const all: MessageView[] = []
    for (;;) {
      const before = all[0]?.id
      const options = before === undefined ? { limit: 500 } : { limit: 500, before }
      const { messages, more } = await this.ask('messages', room, options)
      all.unshift(...messages)
      if (!more) return all
    }
  }

  async texts(room: string): Promise<string[]> {
    return (await this.history(room)).map(({ text }) => text)
  }

  /** As a power button: nothing is written any more. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Closes the engine in order and ends. */
  async close(): Promise<void> {
    await this.ask('close')
    this.#child.stdin.end()
    await this.ended
  }

  #take(line: Line): void {
    if (line.opened !== undefined) this.#opened = line.opened
    if (line.failed) this.#failed = line.failed
    if (line.n !== undefined) this.#answers.get(line.n)?.(line)
    if (line.ack !== undefined) this.acknowledged.set(line.ack, line.text!)
    if (line.refused) this.refused.push(line.refused)
    if (line.mishap !== undefined) this.mishaps.push(JSON.stringify(line))
    if (line.log !== undefined) this.logged.push(line.log)
  }
}
