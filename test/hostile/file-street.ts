/** A street with devices that offer files and mean no good. */
import { join } from 'node:path'
import type { FileView } from '../../core/files/api.ts'
import type { Random } from '../../core/random.ts'
import { KIND_FILE } from '../../core/room/record.ts'
import type { FileOffer, FilePayload } from '../../core/room/messages/file-payload.ts'
import { until } from '../compliance/until.ts'
import type { NodeProcess } from '../fault/node-process.ts'
import { CraftedLog } from './crafted-log.ts'
import { CraftedSource } from './crafted-files.ts'
import type { Answer } from './crafted-files.ts'
import { craftItem, offerPayload } from './crafted-item.ts'
import type { CraftedItem } from './crafted-item.ts'
import type { CraftedPeer } from './crafted-peer.ts'
import { dialAs, stolenFrom } from './stolen-membership.ts'
import type { Membership } from './stolen-membership.ts'
import type { Street } from './street.ts'

const NOTHING = { lan: 0, dht: 0, ble: 0, other: 0 }

/** Nothing is fetched by itself: a test says when. */
export async function fetchNothing(...nodes: readonly NodeProcess[]): Promise<void> {
  for (const node of nodes) await node.call('files.setPolicy', null, { autoFetch: NOTHING })
}

/** The port of each node at which crafted peers knock. */
export type Doors = Map<NodeProcess, Promise<number>>

/** An item as people name it. */
export function idOf({ ref }: Pick<CraftedItem, 'ref'>): string {
  return ref.root.toString('hex', 0, 16)
}

/** The view of an item, once it is as wanted. */
export function shown(
  node: NodeProcess,
  room: string,
  id: string,
  accepts: (view: FileView) => boolean = () => true,
): Promise<FileView> {
  return until(`the file ${id}`, async () => {
    const files = await node.call<FileView[]>('files.list', room)
    return files.find((view) => view.id === id && accepts(view))
  })
}

/** A member that offers what it wants in its own log, and sends what it wants. */
export class Mallory {
  readonly member: Membership
  readonly log: CraftedLog
  readonly #random: Random
  readonly #doors: Doors

  private constructor(member: Membership, log: CraftedLog, random: Random, doors: Doors) {
    this.member = member
    this.#doors = doors
    this.log = log
    this.#random = random
  }

  static async join(
    street: Street,
    name: string,
    random: Random,
    doors: Doors = new Map(),
  ): Promise<Mallory> {
    const node = await street.join(name)
    await node.close()
    return Mallory.of(street, name, await stolenFrom(join(street.dir, name), random), random, doors)
  }

  /** One with a membership that was stolen before; `name` tells its log from others of the same. */
  static async of(
    street: Street,
    name: string,
    member: Membership,
    random: Random,
    doors: Doors,
  ): Promise<Mallory> {
    const log = await CraftedLog.open(street.dir, `log of ${name}`, member, random)
    return new Mallory(member, log, random, doors)
  }

  /** A session with a node as the member. */
  async dial(node: NodeProcess): Promise<{ peer: CraftedPeer; tag: Buffer }> {
    const door = this.#doors.get(node) ?? node.call<number>('door', '192.0.2.7')
    this.#doors.set(node, door)
    const { peer, tag } = await dialAs(await door, this.member)
    this.log.core.replicate(peer.mux)
    this.#tell(peer, tag)
    return { peer, tag }
  }

  /** A session in which it gives an item out. */
  async serve(
    node: NodeProcess,
    item: CraftedItem,
    answer?: Answer,
  ): Promise<{ peer: CraftedPeer; tag: Buffer; source: CraftedSource }> {
    const { peer, tag } = await this.dial(node)
    return { peer, tag, source: new CraftedSource(peer, tag, item, answer) }
  }

  /** Writes a message that offers an item, whatever is claimed of it. */
  async offer(
    item: Pick<CraftedItem, 'ref'>,
    claim: Partial<FileOffer> = {},
    over: Partial<FilePayload> = {},
  ): Promise<void> {
    const payload = offerPayload({ ...item.ref, ...claim }, over)
    await this.log.write({ sentAt: Date.now(), kind: KIND_FILE, heads: [], payload })
  }

  craft(bytes: number): CraftedItem & { stream: Buffer } {
    const stream = this.#random.bytes(bytes)
    return { ...craftItem(stream, this.#random), stream }
  }

  close(): Promise<void> {
    return this.log.close()
  }

  #tell(peer: CraftedPeer, tag: Buffer): void {
    const { key, core } = this.log
    peer.send.have.send({ tag, logs: [{ key, length: core.length }], read: [] })
  }
}
