import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { LabHost } from '../../lab/lab-host.ts'
import { LabProcess } from '../../lab/lab-process.ts'
import type { LabNetwork } from '../../lab/netns.ts'

/** Bytes a second of a line of one Mbit/s. */
export const MBIT = 1e6 / 8

/** A computer that a transfer begins or ends at. */
export interface Side {
  readonly name: string
  /** IPv4, as the others reach it. */
  readonly address: string
  /** Null on this computer itself. */
  readonly namespace: string | null
  start(program: string, args: readonly string[]): LabProcess
}

/** This computer, as one of two of the same address. */
export class LoopbackSide implements Side {
  readonly name: string
  readonly address = '127.0.0.1'
  readonly namespace = null
  readonly #processes = new Set<LabProcess>()

  constructor(name: string) {
    this.name = name
  }

  start(program: string, args: readonly string[]): LabProcess {
    const child = new LabProcess(program, args)
    this.#processes.add(child)
    void child.ended.then(() => this.#processes.delete(child))
    return child
  }

  /** Ends what it started. */
  async close(): Promise<void> {
    await Promise.all([...this.#processes].map((child) => child.stop()))
  }
}

/** Hosts on a bridge of their own. */
export async function bridgedSides(
  network: LabNetwork,
  names: readonly string[],
): Promise<{ side: Side; host: LabHost }[]> {
  const bridge = await network.bridge()
  const made: { side: Side; host: LabHost }[] = []
  for (const [i, name] of names.entries()) {
    const host = await network.host(name, bridge, i + 1)
    const side: Side = {
      name,
      address: `${bridge.subnet}.${i + 1}`,
      namespace: host.namespace,
      start: (program, args) => host.start(program, args),
    }
    made.push({ side, host })
  }
  return made
}

/** Two hosts on a bridge, each sending so many Mbit/s at most, a tenth of a second of it buffered. */
export async function line(
  network: LabNetwork,
  name: string,
  mbit: number,
): Promise<readonly [Side, Side]> {
  const [a, b] = await bridgedSides(network, [`${name}-a`, `${name}-b`])
  await limit(a!.host, mbit)
  await limit(b!.host, mbit)
  return [a!.side, b!.side]
}

/** From now on the host sends no faster. */
export async function limit(host: LabHost, mbit: number): Promise<void> {
  const shape = `qdisc add dev eth0 root tbf rate ${mbit}mbit burst 64kb latency 100ms`
  await host.run('tc', ...shape.split(' '))
}

/** Bytes that came in by the host's cable. */
export async function received(host: LabHost): Promise<number> {
  return Number(await host.run('cat', '/sys/class/net/eth0/statistics/rx_bytes'))
}

/** A TCP port that nobody listens on here, nor in a namespace that is still empty. */
export function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
