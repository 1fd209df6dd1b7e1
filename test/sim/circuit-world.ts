import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { seededRandom } from '../../core/random.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import type { MemoryTransport } from '../../transports/memory/index.ts'
import { until } from '../compliance/until.ts'
import { SimNode } from './sim-node.ts'

const LIMIT_MS = 150_000
/** The transport over which everybody is in reach of everybody while they gather. */
const SQUARE = 'square'

/** Devices with real engines, joined by single wires that can be cut: who has a wire to whom is all that is in reach. */
export class CircuitWorld {
  readonly network = new MemoryNetwork({
    clock: systemClock,
    random: seededRandom(1),
    reconnect: 20,
  })
  readonly nodes: SimNode[] = []
  room = ''
  readonly #dir: string
  readonly #wires = new Map<string, MemoryTransport[]>()

  private constructor(dir: string) {
    this.#dir = dir
  }

  /** Runs a scenario with devices of these names. */
  static async run(
    names: readonly string[],
    scenario: (world: CircuitWorld) => Promise<void>,
  ): Promise<void> {
    const world = new CircuitWorld(await mkdtemp(join(tmpdir(), 'porchlight-circuit-')))
    try {
      for (const [n, name] of names.entries()) {
        const node = new SimNode({
          name,
          dir: world.#dir,
          clock: systemClock,
          random: seededRandom(100 + n),
          network: world.network,
          transports: [{ id: SQUARE }],
        })
        world.nodes.push(node)
        await node.start()
      }
      await scenario(world)
    } finally {
      for (const node of world.nodes) await node.stop()
      await rm(world.#dir, { recursive: true, force: true })
    }
  }

  node(name: string): SimNode {
    return this.nodes.find((node) => node.name === name)!
  }

  /** These meet, one of them makes a room that the others join, and all go apart. */
  async gather(...names: string[]): Promise<void> {
    const [host, ...guests] = names.map((name) => this.node(name))
    this.room = (await host!.engine.createRoom('Circuits')).id
    const invite = await host!.engine.invite(this.room)
    for (const guest of guests) await guest.engine.join(invite, { patience: 1 })
    const knowAll = (): boolean =>
      [host!, ...guests].every(
        ({ engine }) =>
          engine.rooms().some(({ id, state }) => id === this.room && state === 'joined') &&
          engine.members(this.room).length === names.length,
      )
    await until('all to know each other', knowAll, LIMIT_MS)
    for (const { transports } of this.nodes) transports.get(SQUARE)!.unplug('gone home')
    await until('all to be apart', () => this.nodes.every((node) => paths(node).length === 0))
  }

  /** Joins two by a wire, dearer than the square where `cost` says so. */
  async wire(a: string, b: string, options: { cost?: number } = {}): Promise<void> {
    const id = `${a}-${b}`
    const ends = [a, b].map((name) => this.network.transport(name, { id, ...options }))
    this.#wires.set(id, ends)
    for (const [n, name] of [a, b].entries()) {
      const { engine } = this.node(name)
      engine.addTransport(ends[n]!)
      await engine.switchTransport(id, true)
    }
  }

  /** Joins each to the next. */
  async line(...names: string[]): Promise<void> {
    for (let n = 1; n < names.length; n++) await this.wire(names[n - 1]!, names[n]!)
  }

  cut(a: string, b: string): void {
    for (const end of this.#wires.get(`${a}-${b}`)!) end.unplug('cut')
  }

  mend(a: string, b: string): void {
    for (const end of this.#wires.get(`${a}-${b}`)!) end.plug()
  }

  /** Resolves once the one is linked with the other, over this transport. */
  async linked(a: string, b: string, transport: string): Promise<void> {
    const device = this.node(b).engine.deviceId
    await until(
      `${a} to have ${b} over ${transport}`,
      () => {
        const peer = this.node(a)
          .engine.peers()
          .find(({ id }) => id === device)
        return peer?.transport === transport
      },
      LIMIT_MS,
    )
  }

  /** Each of these writes, and all of them get it. */
  async talk(...names: string[]): Promise<void> {
    const nodes = names.map((name) => this.node(name))
    const ids = await Promise.all(
      nodes.map(async (node) => (await node.send(this.room, `from ${node.name}`)).id),
    )
    for (const node of nodes) {
      const all = async (): Promise<boolean> => {
        const shown = new Set((await node.messages(this.room)).map(({ id }) => id))
        return ids.every((id) => shown.has(id))
      }
      await until(`${node.name} to have all`, all, LIMIT_MS)
    }
  }
}

/** The transports of the connections that a device shows. */
export function paths({ engine }: SimNode): string[] {
  return engine.peers().map(({ transport }) => transport)
}
