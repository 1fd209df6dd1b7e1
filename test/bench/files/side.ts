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

/** Two hosts on a bridge, each sending so many Mbit/s at most. */
export async function line(
  network: LabNetwork,
  name: string,
  mbit: number,
): Promise<readonly [Side, Side]> {
  const [a, b] = await bridgedSides(network, [`${name}-a`, `${name}-b`])
  await a!.host.limit(mbit * MBIT)
  await b!.host.limit(mbit * MBIT)
  return [a!.side, b!.side]
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
