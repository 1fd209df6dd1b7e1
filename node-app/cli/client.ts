import { request, type Agent, type IncomingMessage } from 'node:http'
import { PorchlightError, type ErrorCode } from '../../core/errors.ts'
import { readApiFile, type ApiFile } from '../api-file.ts'
import type { ApiError } from '../api/schemas.ts'
import { isAlive } from '../process-identity.ts'
import { readServerEvents, type ServerEvent } from './server-events.ts'

/** Longer than the longest wait that the API offers. */
const SILENCE_LIMIT = 90_000

/** The running node of a data directory, by its local API. */
export class ApiClient {
  readonly dir: string
  readonly #file: ApiFile
  readonly #agent: Agent | false

  private constructor(dir: string, file: ApiFile, agent: Agent | false) {
    this.dir = dir
    this.#file = file
    this.#agent = agent
  }

  /** A command calls once and goes; a program that stays gives an agent that keeps connections. Errors: NOT_RUNNING. */
  static async connect(dir: string, agent: Agent | false = false): Promise<ApiClient> {
    const file = await readApiFile(dir)
    // A node that was killed leaves its file; its port may be another program's by now.
    if (file === undefined || !(await isAlive(file.pid))) throw notRunning(dir)
    return new ApiClient(dir, file, agent)
  }

  get pid(): number {
    return this.#file.pid
  }

  get url(): string {
    return this.#file.url
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path)
  }

  post<T>(path: string, body: object = {}): Promise<T> {
    return this.#call<T>('POST', path, body)
  }

  /** The same for what takes its time: as long as `patience` ms (0: for ever), or until the signal aborts. */
  async postAndWait<T>(
    path: string,
    body: object,
    patience: number,
    signal: AbortSignal,
  ): Promise<T> {
    return answerOf<T>(await this.#open('POST', path, body, {}, signal, patience))
  }

  put<T>(path: string, body: object = {}): Promise<T> {
    return this.#call<T>('PUT', path, body)
  }

  patch<T>(path: string, body: object): Promise<T> {
    return this.#call<T>('PATCH', path, body)
  }

  delete<T>(path: string): Promise<T> {
    return this.#call<T>('DELETE', path)
  }

  /** What happens, from now or from after `lastId` on; ends when the node does or the signal aborts. */
  async *events(lastId: number | undefined, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    const resume = lastId === undefined ? {} : { 'last-event-id': String(lastId) }
    const response = await this.#open('GET', '/events', undefined, resume, signal)
    if (response.statusCode !== 200) throw await refusalOf(response)
    yield* readServerEvents(response)
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    return answerOf<T>(await this.#open(method, path, body))
  }

  #open(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
    patience = SILENCE_LIMIT,
  ): Promise<IncomingMessage> {
    const data = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.#file.url)
      const sent = request({
        hostname,
        port,
        // Not as a URL, which would resolve a room called "..".
        path: `/api/v1${path}`,
        method,
        agent: this.#agent,
        timeout: patience,
        ...(signal === undefined ? {} : { signal }),
        headers: {
          ...headers,
          authorization: `Bearer ${this.#file.token}`,
          ...(data === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) }),
        },
      })
      sent.once('response', resolve)
      sent.once('timeout', () => sent.destroy(silent()))
      sent.once('error', (error) => {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ECONNREFUSED') reject(notRunning(this.dir))
        else reject(code === 'ECONNRESET' ? wentAway() : error)
      })
      sent.end(data)
    })
  }
}

function notRunning(dir: string): PorchlightError {
  return new PorchlightError(
    'NOT_RUNNING',
    `No node is running on ${dir}. Start it with \`porchlight start\`, or name its data with --data.`,
  )
}

function wentAway(): PorchlightError {
  return new PorchlightError(
    'CLOSED',
    'The node stopped before it answered: look whether it was done, then try again.',
  )
}

function silent(): PorchlightError {
  return new PorchlightError('TIMED_OUT', 'The node does not answer. See `porchlight doctor`.')
}

async function answerOf<T>(response: IncomingMessage): Promise<T> {
  const status = response.statusCode ?? 0
  if (status < 200 || status > 299) throw await refusalOf(response)
  const text = await textOf(response)
  return (text === '' ? {} : JSON.parse(text)) as T
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string
  return text
}

async function refusalOf(response: IncomingMessage): Promise<PorchlightError> {
  const text = await textOf(response)
  try {
    const { error } = JSON.parse(text) as ApiError
    return new PorchlightError(error.code as ErrorCode, error.message)
  } catch {
    return new PorchlightError(
      'INTERNAL',
      `The node answered ${response.statusCode} without a reason.`,
    )
  }
}
