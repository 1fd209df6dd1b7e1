/**
 * An internet for labs: one public network with a DHT of its own, and homes behind routers that translate
 * addresses as real ones do. Nothing in it reaches the real one, and no name server answers.
 */
import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'
import { ip } from './ip.ts'
import type { LabHost } from './lab-host.ts'
import type { LabProcess } from './lab-process.ts'
import type { LabBridge, LabNetwork } from './netns.ts'
import type { Line } from './slow-switch.ts'

const PROGRAM = join(packageRoot, 'dist', 'test', 'lab', 'dht-nodes.js')
/** Of the addresses that are kept for documentation, so that nobody has them and the DHT takes them for public. */
const SUBNET = '203.0.113'
const FIRST_NODE = 101
const NODES = 10
const PORT = 49_737
const UP_MS = 120_000

/** Debian packages that it needs. */
export const INTERNET_PACKAGES = ['iproute2', 'nftables'] as const

/** How a router shows what is behind it: under the port that was used, or under any, another to each. */
export type Nat = 'preserving' | 'random'

export class Internet {
  /** `HOST:PORT` of three of the DHT's ten nodes. */
  readonly bootstrap: readonly string[]
  /** The public network: a host on it is in reach of all, by `network.host(name, internet.bridge, 1 to 99)`. */
  readonly bridge: LabBridge
  readonly #network: LabNetwork
  readonly #nodes: LabProcess
  #homes = 0

  private constructor(network: LabNetwork, bridge: LabBridge, nodes: LabProcess) {
    this.#network = network
    this.bridge = bridge
    this.#nodes = nodes
    this.bootstrap = addresses()
      .slice(0, 3)
      .map((address) => `${address}:${PORT}`)
  }

  /** Resolves once the DHT answers. `line` is what its cables do. */
  static async make(network: LabNetwork, line?: Line): Promise<Internet> {
    const bridge = await network.bridge(line, SUBNET)
    const host = await network.host('dht', bridge, FIRST_NODE)
    for (const address of addresses().slice(1)) {
      await ip(`-n ${host.namespace} addr add ${address}/24 dev eth0`)
    }
    const nodes = host.start(process.execPath, [PROGRAM, String(PORT), ...addresses()])
    await nodes.line('the DHT', undefined, UP_MS)
    return new Internet(network, bridge, nodes)
  }

  /** A computer with a public address; `number`, 1 to 49, is the last byte of it. */
  host(name: string, number: number): Promise<LabHost> {
    return this.#network.host(name, this.bridge, number)
  }

  /** A home behind a router of its own. */
  async home(name: string, nat: Nat, line?: Line): Promise<Home> {
    const number = 50 + this.#homes++
    const router = await this.#network.host(`${name}-router`, this.bridge, number)
    const bridge = await this.#network.bridge(line)
    await this.#network.plug(router, 'lan', bridge, ROUTER)
    await translate(router, nat)
    return new Home(this.#network, bridge, router, `${SUBNET}.${number}`)
  }

  /** Ends the DHT; the network stays. */
  async stopDht(): Promise<void> {
    await this.#nodes.stop()
  }
}

/** The last byte of a router's address at home. */
const ROUTER = 1

/** A network at home, and the router that connects it. */
export class Home {
  readonly bridge: LabBridge
  readonly router: LabHost
  /** Its address on the internet. */
  readonly address: string
  readonly #network: LabNetwork

  constructor(network: LabNetwork, bridge: LabBridge, router: LabHost, address: string) {
    this.#network = network
    this.bridge = bridge
    this.router = router
    this.address = address
  }

  /** A computer at home; `number`, from 2 on, is the last byte of its address. */
  async host(name: string, number: number): Promise<LabHost> {
    const host = await this.#network.host(name, this.bridge, number)
    await this.#route(host)
    return host
  }

  /** Plugs in a computer from elsewhere by a new interface; `removeNic` takes it away again. */
  async plug(host: LabHost, nic: string, number: number): Promise<void> {
    await this.#network.plug(host, nic, this.bridge, number)
    await this.#route(host)
  }

  /** The line from the router to the internet is cut: nothing changes on the computers at home. */
  async cutUplink(): Promise<void> {
    await this.router.unplug()
  }

  /** The line is back. */
  async mendUplink(): Promise<void> {
    await this.router.replug()
  }

  /** Plugs a computer at home in again: the system forgets the way out when the cable is pulled. */
  async replug(host: LabHost, nic = 'eth0'): Promise<void> {
    await host.replug(nic)
    await this.#route(host)
  }

  async #route(host: LabHost): Promise<void> {
    await ip(`-n ${host.namespace} route replace default via ${this.bridge.subnet}.${ROUTER}`)
  }
}

function addresses(): string[] {
  return Array.from({ length: NODES }, (_, i) => `${SUBNET}.${FIRST_NODE + i}`)
}

async function translate(router: LabHost, nat: Nat): Promise<void> {
  await router.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
  const masquerade = nat === 'random' ? 'masquerade fully-random' : 'masquerade'
  for (const rule of [
    'add table ip home',
    'add chain ip home post { type nat hook postrouting priority 100; }',
    `add rule ip home post oifname eth0 ${masquerade}`,
    'add chain ip home forward { type filter hook forward priority 0; policy drop; }',
    'add rule ip home forward ct state established,related accept',
    'add rule ip home forward iifname lan accept',
    // Without it, what knocks before the way is open ends at the router and takes the port for itself.
    'add chain ip home input { type filter hook input priority 0; policy drop; }',
    'add rule ip home input ct state established,related accept',
    'add rule ip home input iifname lan accept',
  ]) {
    await router.run('nft', rule)
  }
}
