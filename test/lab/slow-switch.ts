import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'
import { admin } from './ip.ts'
import { LabProcess } from './lab-process.ts'

const PROGRAM = join(packageRoot, 'test', 'lab', 'slow-switch.py')
const SEED = '7'

/** What a cable does to each packet on its way to a host. */
export interface Line {
  /** Milliseconds, give or take `jitter`. */
  readonly delay: number
  readonly jitter: number
  /** How many are lost, from 0 to 1. */
  readonly loss: number
}

/** Whether the kernel has netem; tried on the loopback of a namespace. */
export async function kernelDelays(namespace: string): Promise<boolean> {
  return tc(namespace, 'add dev lo root netem delay 1ms').then(
    async () => {
      await tc(namespace, 'del dev lo root')
      return true
    },
    () => false,
  )
}

/** Makes the kernel delay, vary and lose what goes out by a port. */
export async function delay(namespace: string, port: string, line: Line): Promise<void> {
  const { delay, jitter, loss } = line
  const netem = `netem delay ${delay}ms ${jitter}ms loss ${loss * 100}% limit 100000`
  await tc(namespace, `add dev ${port} root ${netem}`)
}

async function tc(namespace: string, args: string): Promise<void> {
  await admin('ip', 'netns', 'exec', namespace, 'tc', 'qdisc', ...args.split(' '))
}

/** A program in place of a bridge, which does what netem would. */
export class SlowSwitch {
  readonly #process: LabProcess

  constructor(namespace: string, { delay, jitter, loss }: Line) {
    const line = [delay, jitter, loss].map(String)
    // Debian's: another python3 in PATH may be of a kind that needs more than a namespace has.
    const program = ['netns', 'exec', namespace, '/usr/bin/python3', PROGRAM, ...line, SEED]
    this.#process = new LabProcess('ip', program, { open: true })
  }

  /** Plugs a cable in: an interface that is up. */
  async add(port: string): Promise<void> {
    this.#process.write(port)
    await this.#process.line(`${port} on the slow switch`, (line) => line === port)
  }

  async close(): Promise<void> {
    await this.#process.kill()
  }
}
