import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import type { Clock } from '../../core/clock.ts'
import type { SprayLimits } from '../../core/mirror/carry/spray.ts'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import type { AllowanceLimits } from '../../core/room/allowance.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import type { Conditions, MemoryTransportOptions } from '../../transports/memory/index.ts'
import { until } from '../compliance/until.ts'
import { SimNode } from './sim-node.ts'

export interface SimOptions {
  readonly nodes: number
  readonly conditions?: Partial<Conditions>
  /** The clock of the n-th device; default the machine's. */
  readonly clock?: (n: number, random: Random) => Clock
  readonly transports?: readonly MemoryTransportOptions[]
  /** How much one log may hold. */
  readonly limits?: AllowanceLimits
  /** How what is new is carried by strangers. */
  readonly spray?: SprayLimits
}

const LIMIT_MS = 150_000
const RECONNECT_MS = 20
/** After so long, what a side still misses is taken to be on the other side. */
const REST_MS = 30_000

/** Devices with real engines on one simulated network; what happens to them is drawn from the seed. */
export class SimWorld {
  readonly random: Random
  readonly network: MemoryNetwork
  readonly nodes: SimNode[] = []
  room = ''
  #written = 0

  private constructor(seed: number, dir: string, options: SimOptions) {
    this.random = seededRandom(seed)
    this.network = new MemoryNetwork({
      clock: systemClock,
      random: this.random,
      conditions: options.conditions ?? {},
      reconnect: RECONNECT_MS,
    })
    for (let n = 0; n < options.nodes; n++) {
      this.nodes.push(
        new SimNode({
          name: `n${n}`,
          dir,
          network: this.network,
          transports: options.transports ?? [{}],
          limits: options.limits,
          spray: options.spray,
          clock: options.clock?.(n, this.random) ?? systemClock,
          random: seededRandom(seed * 1_000 + n),
        }),
      )
    }
  }

  /** Runs a scenario in a fresh world; a failure tells the seed that repeats it. */
  static async run(
    seed: number,
    options: SimOptions,
    scenario: (world: SimWorld) => Promise<void>,
  ): Promise<void> {
    const dir = await mkdtemp(join(tmpdir(), 'porchlight-sim-'))
    const world = new SimWorld(seed, dir, options)
    try {
      for (const node of world.nodes) await node.start()
      await scenario(world)
    } catch (cause) {
      throw new Error(`with seed ${seed}: ${(cause as Error).message}`, { cause })
    } finally {
      for (const node of world.nodes) await node.stop()
      await rm(dir, { recursive: true, force: true })
    }
  }

  get running(): SimNode[] {
    return this.nodes.filter((node) => node.running)
  }

  /** The first device makes a room and all others join it. */
  async gather(): Promise<void> {
    const [host, ...guests] = this.nodes
    const { id } = await host!.engine.createRoom('Simulated')
    this.room = id
    const invite = await host!.engine.invite(id)
    await Promise.all(guests.map((guest) => guest.engine.join(invite, { patience: 1 })))
    await until('all to be let in', () => this.nodes.every((node) => this.joined(node)), LIMIT_MS)
    const knowsAll = ({ engine }: SimNode): boolean =>
      engine.members(id).length === this.nodes.length
    await until('all to know each other', () => this.nodes.every(knowsAll), LIMIT_MS)
  }

  joined(node: SimNode): boolean {
    return node.engine.rooms().some(({ id, state }) => id === this.room && state === 'joined')
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random.float() * from.length)]!
  }

  /** Devices chosen by chance write, some of them at the same time. */
  async write(count: number, from?: readonly SimNode[]): Promise<void> {
    while (count > 0) {
      const together = Math.min(count, 1 + Math.floor(this.random.float() * 4))
      const writers = Array.from({ length: together }, () => this.pick(from ?? this.running))
      await Promise.all(writers.map((node) => this.#say(node, `${node.name} ${this.#written++}`)))
      count -= together
    }
  }

  /** Splits the devices by chance into two to four groups. */
  split(): SimNode[][] {
    const count = 2 + Math.floor(this.random.float() * 3)
    const groups: SimNode[][] = Array.from({ length: count }, () => [])
    for (const node of this.nodes) this.pick(groups).push(node)
    this.network.partition(
      groups.map((group) => group.map(({ name }) => name)),
      this.random.float() < 0.5 ? 'cut' : 'black-hole',
    )
    return groups.filter((group) => group.length > 0)
  }

  /** All that was acknowledged, by id. */
  get acknowledged(): Map<string, string> {
    return new Map(this.nodes.flatMap((node) => [...node.acknowledged]))
  }

  /** Resolves once these devices show the same messages in the same order, at least `least` of them. */
  async agree(nodes: readonly SimNode[], least: number): Promise<string[]> {
    const orders = await this.#settle(nodes, least, () => false)
    return orders[0]!
  }

  /**
   * Resolves once devices that are apart from others show the same, all but those that say that they miss something:
   * who got the newest signature of a log and was cut off before the blocks can check these against no older one.
   */
  async rest(nodes: readonly SimNode[]): Promise<void> {
    const patience = performance.now() + REST_MS
    const misses = ({ engine }: SimNode): boolean =>
      engine.rooms().some(({ id, missing }) => id === this.room && missing > 0)
    await this.#settle(nodes, 1, (node) => performance.now() > patience && misses(node))
  }

  /** Waits until all that are not excused show the same; gives what they show. */
  async #settle(
    nodes: readonly SimNode[],
    least: number,
    excused: (node: SimNode) => boolean,
  ): Promise<string[][]> {
    let seen: string[][] = []
    const alike = async (): Promise<boolean> => {
      seen = await Promise.all(nodes.map((node) => this.#order(node)))
      const counted = seen.filter((_, i) => !excused(nodes[i]!))
      const orders = new Set(counted.map((order) => order.join()))
      return orders.size <= 1 && counted.every((order) => order.length >= least)
    }
    try {
      await until('agreement', alike, LIMIT_MS)
    } catch {
      const shown = seen.map((order, i) => `${nodes[i]!.name} ${described(order, seen)}`)
      throw new Error(`no agreement on ${least} messages: ${shown.join(', ')}`)
    }
    return seen
  }

  async #say(node: SimNode, text: string): Promise<void> {
    await node.send(this.room, text).catch((error: unknown) => {
      // Who stops in the middle of writing was told that it is not saved.
      if (node.running) throw error
    })
  }

  async #order(node: SimNode): Promise<string[]> {
    return (await node.messages(this.room)).map(({ id }) => id)
  }
}

/** How many messages a device shows, and how that differs from what others show: an id is a log and a sequence. */
function described(order: readonly string[], all: readonly string[][]): string {
  const has = new Set(order)
  const lacks = [...new Set(all.flat())].filter((id) => !has.has(id))
  if (lacks.length > 0) return `${order.length} (lacks ${lacks.slice(0, 8).join(' ')})`
  const at = order.findIndex((id, n) => id !== all[0]![n])
  return at === -1 ? `${order.length}` : `${order.length} (another order from ${at}, ${order[at]})`
}
