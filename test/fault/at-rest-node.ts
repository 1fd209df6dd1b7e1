/** A whole node in this process, on a directory: what the tests of data at rest look at. */
import { Agent, request } from 'node:http'
import { systemClock, type Clock } from '../../core/clock.ts'
import { systemRandom } from '../../core/random.ts'
import { openEngine } from '../../core/engine.ts'
import type { Logger } from '../../core/logger.ts'
import { silentLogger } from '../../core/logger.ts'
import type { Transport } from '../../core/transport.ts'
import { readApiFile } from '../../node-app/api-file.ts'
import type { FileView, MessageView, RoomView, Status } from '../../node-app/api/schemas.ts'
import { ApiClient } from '../../node-app/cli/client.ts'
import { Daemon } from '../../node-app/daemon.ts'

export const PASSPHRASE = 'correct horse battery'
/** Cheap: what it costs is looked at elsewhere. */
export const COST = { ops: 1, mem: 8 * 1024 * 1024 }

export interface AtRestOptions {
  readonly name?: string
  readonly passphrase?: string
  readonly transport?: Transport
  readonly clock?: Clock
  readonly autoLock?: number
  readonly logger?: Logger
}

export class AtRestNode {
  readonly dir: string
  readonly daemon: Daemon
  readonly api: ApiClient
  readonly #agent: Agent

  private constructor(dir: string, daemon: Daemon, api: ApiClient, agent: Agent) {
    this.dir = dir
    this.daemon = daemon
    this.api = api
    this.#agent = agent
  }

  static async start(dir: string, options: AtRestOptions = {}): Promise<AtRestNode> {
    const { transport, logger = silentLogger, clock = systemClock, ...given } = options
    const daemon = await Daemon.start({
      dir,
      port: 0,
      transports: transport ? [{ transport, on: true }] : [],
      clock,
      random: systemRandom,
      logger,
      openEngine,
      cost: COST,
      ...given,
    })
    const agent = new Agent({ keepAlive: true })
    return new AtRestNode(dir, daemon, await ApiClient.connect(dir, agent), agent)
  }

  status(): Promise<Status> {
    return this.api.get('/status')
  }

  createRoom(name: string): Promise<RoomView> {
    return this.api.post('/rooms', { name })
  }

  send(room: string, text: string): Promise<MessageView> {
    return this.api.post(`/rooms/${room}/messages`, { text })
  }

  files(room: string): Promise<FileView[]> {
    return this.api.get(`/rooms/${room}/files`)
  }

  /** Sends a file as the page does. */
  async sendBytes(room: string, name: string, bytes: Buffer): Promise<void> {
    const { url, token } = (await readApiFile(this.dir))!
    const path = `/api/v1/rooms/${room}/uploads?name=${encodeURIComponent(name)}`
    await new Promise<void>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/octet-stream',
      }
      const sent = request(new URL(path, url), { method: 'PUT', headers, agent: this.#agent })
      sent.once('error', reject)
      sent.once('response', (response) => {
        response.resume()
        if (response.statusCode === 201) response.once('end', () => resolve())
        else reject(new Error(`refused with ${response.statusCode}`))
      })
      sent.end(bytes)
    })
  }

  async texts(room: string): Promise<string[]> {
    const page = await this.api.get<{ messages: MessageView[] }>(`/rooms/${room}/messages`)
    return page.messages.map(({ text }) => text)
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    await this.daemon.close()
  }
}
