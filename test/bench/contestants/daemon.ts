import { mkdir, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { join } from 'node:path'
import type { MessageView as CoreMessageView } from '../../../core/api.ts'
import type { Invite, MessageView, RoomView, Status } from '../../../node-app/api/schemas.ts'
import { ApiClient } from '../../../node-app/cli/client.ts'
import { roomPath } from '../../../node-app/cli/paths.ts'
import { packageRoot } from '../../../node-app/package-root.ts'
import { LabProcess } from '../../lab/lab-process.ts'
import { monotonic, until } from '../measure/timing.ts'

/** A large file is read whole before its message is written. */
const LONG_MS = 600_000
const PROGRAM = join(packageRoot, 'node-app', 'bin', 'porchlight.mjs')

/** A whole Porchlight node, started as a person starts it and used by its local API. */
export class Daemon {
  readonly name: string
  readonly pid: number
  readonly api: ApiClient
  readonly #process: LabProcess
  readonly #closing = new AbortController()
  readonly #seenAt = new Map<string, number>()
  readonly #files = new Map<string, string>()

  private constructor(name: string, pid: number, api: ApiClient, child: LabProcess) {
    this.name = name
    this.pid = pid
    this.api = api
    this.#process = child
  }

  /**
   * Starts a node that stays on this computer and finds others with the same beacon port; without one, a node as it
   * is on a network. `settings` are of config.json, `env` of its environment beside this process's.
   */
  static async start(
    parent: string,
    name: string,
    lanBeaconPort?: number,
    settings: object = {},
    env: NodeJS.ProcessEnv = {},
  ): Promise<Daemon> {
    const dir = join(parent, name)
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const near = lanBeaconPort === undefined ? {} : { lanLoopback: true, lanBeaconPort }
    const config = { ...near, ble: false, dht: false, ...settings }
    await writeFile(join(dir, 'config.json'), JSON.stringify(config))
    const args = ['--data', dir, '--json', 'start', '--port', '0', '--name', name]
    const child = new LabProcess(process.execPath, [PROGRAM, ...args], {
      env: { ...process.env, ...env },
    })
    try {
      const { pid } = JSON.parse(await child.line(`${name} to be ready`)) as { pid: number }
      return new Daemon(
        name,
        pid,
        await ApiClient.connect(dir, new Agent({ keepAlive: true })),
        child,
      )
    } catch (error) {
      await child.stop()
      throw error
    }
  }

  async linked(): Promise<void> {
    await until(`${this.name} to have a peer`, async () => {
      const { peers } = await this.api.get<Status>('/status')
      return peers.length > 0
    })
  }

  async createRoom(name: string): Promise<string> {
    return (await this.api.post<RoomView>('/rooms', { name })).id
  }

  /** Lets another node into a room, and waits until it is a member. */
  async letIn(other: Daemon, room: string): Promise<void> {
    await other.join(await this.invite(room), room)
  }

  async invite(room: string): Promise<string> {
    return (await this.api.post<Invite>(roomPath(room, '/invites'))).invite
  }

  /** Uses an invite, and waits until it is a member. */
  async join(invite: string, room: string): Promise<void> {
    await this.api.post('/join', { invite })
    await until(`${this.name} to be a member`, async () => {
      const rooms = await this.api.get<RoomView[]>('/rooms')
      return rooms.some(({ id, state }) => id === room && state === 'joined')
    })
  }

  send(room: string, text: string): Promise<MessageView> {
    return this.api.post<MessageView>(roomPath(room, '/messages'), { text })
  }

  /** Reads the event stream from now on; resolves once it is open. */
  async follow(): Promise<void> {
    const events = this.api.events(undefined, this.#closing.signal)
    await events.next()
    void this.#read(events)
  }

  /** The id of a file, once the event stream told of its message. */
  async fileShown(name: string): Promise<string> {
    await until(`${this.name} to show ${name}`, () => this.#files.has(name), LONG_MS)
    return this.#files.get(name)!
  }

  /** When the event stream told of each message so far whose text begins so, by its text. */
  seen(prefix: string): [text: string, at: number][] {
    return [...this.#seenAt].filter(([text]) => text.startsWith(prefix))
  }

  /** When the event stream told of a message. */
  async seenAt(text: string): Promise<number> {
    await until(`${this.name} to show a message`, () => this.#seenAt.has(text))
    return this.#seenAt.get(text)!
  }

  /** As a power cut of it alone. */
  async kill(): Promise<void> {
    this.#closing.abort()
    await this.#process.kill()
  }

  /** Ends it; idempotent. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#process.stop()
  }

  async #read(events: ReturnType<ApiClient['events']>): Promise<void> {
    try {
      for await (const event of events) {
        if (event.event !== 'timeline') continue
        for (const message of event.data.messages) {
          this.#seenAt.set(message.text, monotonic())
          const { file } = message as CoreMessageView
          if (file !== undefined) this.#files.set(file.name, file.id)
        }
      }
    } catch {
      // Ended on purpose, or else the message that is waited for does not come, which is told.
    }
  }
}
