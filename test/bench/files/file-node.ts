import { join } from 'node:path'
import type { FileDaemonCalls } from '../contestants/file-daemon.ts'
import { Participant } from '../measure/participant.ts'
import type { Tree } from '../measure/process-tree.ts'
import type { Side } from './side.ts'

/** Of this benchmark alone, so that nodes of other programs on this computer stay out. */
const BEACON_PORT = 47_841

/** A Porchlight node on a side, and who uses it. */
export class FileNode {
  readonly side: Side
  /** Its data directory. */
  readonly data: string
  room = ''
  readonly user: Participant<FileDaemonCalls>
  readonly #parent: string
  #pid = 0

  constructor(side: Side, parent: string) {
    this.side = side
    this.#parent = parent
    this.data = join(parent, side.name)
    this.user = new Participant<FileDaemonCalls>('file-daemon', side.namespace)
  }

  get tree(): Tree {
    return { pid: this.#pid, self: true }
  }

  async start(): Promise<void> {
    const port = this.side.namespace === null ? BEACON_PORT : null
    this.#pid = await this.user.call('start', this.#parent, this.side.name, port)
  }

  /** The same device, started anew after its end. */
  async again(): Promise<FileNode> {
    const node = new FileNode(this.side, this.#parent)
    node.room = this.room
    await node.start()
    await node.user.call('enter', this.room)
    return node
  }

  close(): Promise<void> {
    return this.user.close()
  }
}

/** Nodes in one room, all up and connected; the first made it. */
export async function roomOf(sides: readonly Side[], parent: string): Promise<FileNode[]> {
  const nodes = sides.map((side) => new FileNode(side, parent))
  try {
    await Promise.all(nodes.map((node) => node.start()))
    await Promise.all(nodes.map(({ user }) => user.call('linked')))
    const [host, ...guests] = nodes
    const room = await host!.user.call('createRoom')
    for (const node of nodes) node.room = room
    const invite = await host!.user.call('invite')
    for (const { user } of guests) await user.call('join', invite, room)
    return nodes
  } catch (error) {
    await Promise.all(nodes.map((node) => node.close()))
    throw error
  }
}
