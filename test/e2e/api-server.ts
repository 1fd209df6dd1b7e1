import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { Credentials } from '../../node-app/api/credentials.ts'
import { EventHub } from '../../node-app/api/event-hub.ts'
import { createApi, type Api } from '../../node-app/api/server.ts'
import { Previews } from '../../node-app/previews/previews.ts'
import { patientClock } from '../compliance/patient-clock.ts'
import { FakeAtRest } from './fake-at-rest.ts'
import { FakeEngine } from './fake-engine.ts'

/** What the tests look at in answers. */
export interface Body {
  error: { code: string; message: string }
  id: string
  url: string
  state: string
  more: boolean
  messages: { id: string }[]
  openapi: string
  paths: Record<string, Record<string, { requestBody: { content: Record<string, Content> } }>>
}

interface Content {
  schema: { properties: Record<string, { type: string }> }
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  json: () => Body
}

/** The whole local API in front of a fake engine, on a port of its own. */
export class ApiServer {
  readonly engine: FakeEngine
  readonly credentials = new Credentials(systemClock, systemRandom)
  readonly events: EventHub
  readonly webRoot: string
  port = 0
  readonly atRest = new FakeAtRest()
  readonly previews = new Previews({ clock: patientClock() })
  stopped = false
  #app: Api | undefined

  private constructor(engine: FakeEngine, webRoot: string, clock: Clock) {
    this.engine = engine
    this.webRoot = webRoot
    this.events = new EventHub(clock)
    this.events.follow(engine)
  }

  static async start(
    prepare?: (webRoot: string) => Promise<void>,
    engine = new FakeEngine(),
    clock = systemClock,
  ): Promise<ApiServer> {
    const server = new ApiServer(engine, await mkdtemp(join(tmpdir(), 'porchlight-web-')), clock)
    await prepare?.(server.webRoot)
    server.#app = await createApi({
      engine: server.engine,
      credentials: server.credentials,
      events: server.events,
      logger: silentLogger,
      version: '1.2.3',
      webRoot: server.webRoot,
      url: () => `http://127.0.0.1:${server.port}`,
      status: async () => ({
        device: server.engine.deviceId,
        person: server.engine.personId,
        name: server.engine.name,
        named: server.engine.named,
        version: '1.2.3',
        locked: server.atRest.isLocked,
        sealed: server.atRest.passphrase !== null,
        transports: {},
        peers: [],
        rooms: server.engine.rooms().length,
        storage: { used: 1, free: 2, quota: null },
        pid: 1,
        uptime: 0,
      }),
      doctor: async () => [{ check: 'node', ok: true, says: 'It runs.' }],
      stop: () => (server.stopped = true),
      atRest: server.atRest,
      clock,
      previews: server.previews,
    })
    await server.#app.listen({ port: 0, host: '127.0.0.1' })
    server.port = (server.#app.server.address() as { port: number }).port
    return server
  }

  get bearer(): { authorization: string } {
    return { authorization: `Bearer ${this.credentials.token}` }
  }

  /** One request as a program sends it; `headers` come on top of the token and the JSON type. */
  call(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
    return this.plain(method, path, body, { ...this.bearer, ...headers })
  }

  /** The same without the token. */
  async plain(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
    const data =
      body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    const type = data === undefined ? {} : { 'content-type': 'application/json' }
    const response = await this.open(method, path, { ...type, ...headers }, data)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      json: () => JSON.parse(text) as Body,
    }
  }

  /** The response as it streams. */
  open(method: string, path: string, headers = {}, data?: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request({
        port: this.port,
        host: '127.0.0.1',
        method,
        path,
        headers,
        agent: false,
      })
      sent.once('response', resolve)
      sent.once('error', reject)
      sent.end(data)
    })
  }

  /** Sends bytes as they are; resolves with all that came back before the server hung up. */
  raw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = ''
      const socket = connect(this.port, '127.0.0.1', () => socket.write(text))
      socket.setEncoding('utf8')
      socket.on('data', (chunk) => (answer += String(chunk)))
      socket.once('error', reject)
      socket.once('close', () => resolve(answer))
    })
  }

  async close(): Promise<void> {
    this.events.close()
    this.previews.close()
    await this.#app?.close()
    await rm(this.webRoot, { recursive: true, force: true })
  }
}
