import { mkdir, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { join } from 'node:path'
import type { Invite, MessageView, RoomView, Status } from '../../../node-app/api/schemas.ts'
import { ApiClient } from '../../../node-app/cli/client.ts'
import { roomPath } from '../../../node-app/cli/paths.ts'
import { packageRoot } from '../../../node-app/package-root.ts'
import { LabProcess } from '../../lab/lab-process.ts'
import { monotonic, until } from '../measure/timing.ts'

const PROGRAM = join(packageRoot, 'node-app', 'bin', 'porchlight.mjs')

/** A whole Porchlight node, started as a person starts it and used by its local API. */
export class Daemon {
  readonly name: string
  readonly pid: number
  readonly api: ApiClient
  readonly #process: LabProcess
  readonly #closing = new AbortController()
  readonly #seenAt = new Map<string, number>()

  private constructor(name: string, pid: number, api: ApiClient, child: LabProcess) {
    this.name = name
    this.pid = pid
    this.api = api
    this.#process = child
  }

  /** Starts a node that stays on this computer and finds others with the same beacon port. */
  static async start(parent: string, name: string, lanBeaconPort: number): Promise<Daemon> {
    const dir = join(parent, name)
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const config = { lanLoopback: true, lanBeaconPort }
    await writeFile(join(dir, 'config.json'), JSON.stringify(config))
    const args = ['--data', dir, '--json', 'start', '--port', '0', '--name', name]
    const child = new LabProcess(process.execPath, [PROGRAM, ...args])
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
    const { invite } = await this.api.post<Invite>(roomPath(room, '/invites'))
    await other.api.post('/join', { invite })
    await until(`${other.name} to be a member`, async () => {
      const rooms = await other.api.get<RoomView[]>('/rooms')
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

  /** When the event stream told of a message. */
  async seenAt(text: string): Promise<number> {
    await until(`${this.name} to show a message`, () => this.#seenAt.has(text))
    return this.#seenAt.get(text)!
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
        for (const { text } of event.data.messages) this.#seenAt.set(text, monotonic())
      }
    } catch {
      // Ended on purpose, or else the message that is waited for does not come, which is told.
    }
  }
}
