import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'
import type { LabHost } from './lab-host.ts'
import type { LabProcess } from './lab-process.ts'

const PROGRAM = join(packageRoot, 'dist', 'test', 'lab', 'api-pipe.js')

interface Answer {
  readonly n: number
  readonly value?: unknown
  readonly error?: string
}

/** The API of a node on a host, for what is asked often; see api-pipe.ts. */
export class LabApi {
  readonly #process: LabProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #next = 0

  constructor(host: LabHost, data: string) {
    this.#process = host.start(process.execPath, [PROGRAM, data], { open: true })
    this.#process.onLine((line) => {
      const answer = JSON.parse(line) as Answer
      this.#waiting.get(answer.n)?.(answer)
      this.#waiting.delete(answer.n)
    })
    void this.#process.ended.then(() => {
      const error = `the pipe to the API ended: ${this.#process.errors}`
      for (const waiting of this.#waiting.values()) waiting({ n: 0, error })
    })
  }

  /** What a GET gives; rejects with the refusal, or because no node runs. */
  get<T>(path: string): Promise<T> {
    return this.#call<T>({ path })
  }

  /** What a POST gives. */
  post<T>(path: string, body: object): Promise<T> {
    return this.#call<T>({ path, body })
  }

  async #call<T>(call: { path: string; body?: object }): Promise<T> {
    const n = this.#next++
    const { value, error } = await new Promise<Answer>((resolve) => {
      this.#waiting.set(n, resolve)
      this.#process.write(JSON.stringify({ n, ...call }))
    })
    if (error !== undefined) throw new Error(error)
    return value as T
  }
}
