/** Computers whose only radio is an emulated one; each is on no network, unless it is given one. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { systemRandom } from '../../core/random.ts'
import { Air } from '../ble/air.ts'
import type { LinkKnobs } from '../ble/knobs.ts'
import { bluetoothEnvironment } from '../ble/shim-env.ts'
import { until } from '../compliance/until.ts'
import { LabNode } from './lab-node.ts'
import type { Status } from './lab-node.ts'
import type { LabBridge } from './netns.ts'
import type { Lab } from './scenario.ts'

/** What a computer of the field is like. */
export interface Fielded {
  readonly driver?: 'stoprocent' | 'abandonware'
  /** Of its LAN; without one it uses Bluetooth alone. */
  readonly bridge?: LabBridge
  /** False for a computer without a radio. */
  readonly radio?: boolean
}

export class Field {
  readonly air: Air
  readonly #lab: Lab
  #hosts = 0

  constructor(lab: Lab, link: Partial<LinkKnobs> = {}) {
    this.#lab = lab
    this.air = new Air({ clock: systemClock, random: systemRandom, link })
  }

  /** A node that is not running yet, its adapter plugged in. */
  async node(name: string, { driver, bridge, radio = true }: Fielded = {}): Promise<LabNode> {
    const { network, directory } = this.#lab
    const host = await network.host(name, bridge ?? (await network.bridge()), ++this.#hosts)
    const node = new LabNode(host, directory, {
      flags: [bridge ? '--lan' : '--no-lan', radio ? '--ble' : '--no-ble'],
      env: bluetoothEnvironment({ socket: this.#socket(name) }),
    })
    if (driver !== undefined) {
      await mkdir(node.data, { mode: 0o700 })
      await writeFile(join(node.data, 'config.json'), JSON.stringify({ bleDriver: driver }))
    }
    if (radio) await this.plug(node)
    return node
  }

  /** Puts a node's adapter into its computer. */
  async plug({ name }: LabNode): Promise<void> {
    await this.air.listen(this.#socket(name), name)
  }

  /** Pulls it out. */
  async unplug({ name }: LabNode): Promise<void> {
    await this.air.unplug(this.#socket(name))
  }

  /** Whether two hear each other. */
  reach(a: LabNode, b: LabNode, heard: boolean): void {
    this.air.reach(a.name, b.name, heard)
  }

  /** Takes all adapters away. */
  async close(): Promise<void> {
    await this.air.close()
  }

  #socket(name: string): string {
    return join(this.#lab.directory, `${name}.hci`)
  }
}

/** Milliseconds until each of the nodes shows no peer by Bluetooth any more. */
export async function lost(from: number, ...nodes: readonly LabNode[]): Promise<number> {
  await Promise.all(
    nodes.map((node) =>
      until(`${node.name} to notice that the other is gone`, async () => {
        const { peers } = await node.get<Status>('/status')
        return peers.every(({ transport }) => transport !== 'ble')
      }),
    ),
  )
  return performance.now() - from
}

/** Waits until each of two nodes shows the other, once, and by Bluetooth. */
export async function linkedOnce(a: LabNode, b: LabNode): Promise<void> {
  const [{ device: ofA }, { device: ofB }] = await Promise.all([
    a.get<Status>('/status'),
    b.get<Status>('/status'),
  ])
  for (const [node, other] of [
    [a, ofB],
    [b, ofA],
  ] as const) {
    await until(`one link of ${node.name} by Bluetooth`, async () => {
      const { peers } = await node.get<Status>('/status')
      const ways = peers.filter(({ id }) => id === other)
      if (ways.length > 1) throw new Error(`${node.name} shows the other ${ways.length} times`)
      return ways[0]?.transport === 'ble'
    })
  }
}
