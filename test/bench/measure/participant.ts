import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { extname, join } from 'node:path'
import type { Calls, Reply, Request } from './serve.ts'
import type { Usage } from './usage.ts'

const LIMIT_MS = 120_000
const GRACE_MS = 2_000
/** Sources and what they are compiled to differ in this alone. */
const extension = extname(import.meta.filename)

/** Thrown when a call took longer than it was allowed. */
export class TooSlow extends Error {}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** A contestant in a process of its own, so that its memory and CPU are its own. */
export class Participant<C extends Calls> {
  readonly #child: ChildProcess
  readonly #program: string
  readonly #pending = new Map<number, Pending>()
  readonly #ended: Promise<void>
  #calls = 0

  /**
   * Starts a program of contestants/, which answers with `serve`; in a network namespace if one is named. `env` is
   * what its environment has beside this process's.
   */
  constructor(program: string, namespace: string | null = null, env: NodeJS.ProcessEnv = {}) {
    this.#program = program
    const file = join(import.meta.dirname, '..', 'contestants', `${program}${extension}`)
    this.#child = fork(file, [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...env },
      // `ip` becomes the program: the process, and the channel to it, stay the same.
      ...(namespace !== null && {
        execPath: 'ip',
        execArgv: ['netns', 'exec', namespace, process.execPath],
      }),
    })
    this.#child.on('message', (reply: Reply) => this.#onreply(reply))
    this.#ended = new Promise((resolve) => {
      const done = (): void => {
        const error = new Error(`${program} ended`)
        for (const { reject } of this.#pending.values()) reject(error)
        this.#pending.clear()
        resolve()
      }
      this.#child.once('exit', done)
      this.#child.once('error', done)
    })
  }

  get pid(): number {
    return this.#child.pid!
  }

  call<K extends keyof C & string>(
    name: K,
    ...args: Parameters<C[K]>
  ): Promise<Awaited<ReturnType<C[K]>>> {
    return this.callWithin(LIMIT_MS, name, ...args)
  }

  /** Rejects with TooSlow after `limit` milliseconds. */
  async callWithin<K extends keyof C & string>(
    limit: number,
    name: K,
    ...args: Parameters<C[K]>
  ): Promise<Awaited<ReturnType<C[K]>>> {
    return (await this.#ask(limit, name, args)) as Awaited<ReturnType<C[K]>>
  }

  /** What its process took so far. */
  async usage(): Promise<Usage> {
    return (await this.#ask(LIMIT_MS, 'usage', [])) as Usage
  }

  /** Ends the process; idempotent. */
  async close(): Promise<void> {
    // It ends by itself, which lets a profiler write what it has, unless it is too busy to notice.
    if (this.#child.connected) this.#child.disconnect()
    const force = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS)
    await this.#ended
    clearTimeout(force)
  }

  #ask(limit: number, name: string, args: readonly unknown[]): Promise<unknown> {
    const id = this.#calls++
    const what = `${this.#program}.${name}`
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(new TooSlow(`${what} took more than ${limit / 1_000} s`))
      }, limit)
      this.#pending.set(id, {
        resolve: (value) => {
          clearTimeout(timer)
          resolve(value)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(new Error(`${what}: ${error.message}`))
        },
      })
      if (!this.#child.connected) return this.#onreply({ id, error: 'its process ended' })
      this.#child.send({ id, name, args } satisfies Request)
    })
  }

  #onreply({ id, value, error }: Reply): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (error === undefined) pending?.resolve(value)
    else pending?.reject(new Error(error))
  }
}
