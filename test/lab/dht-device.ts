import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'
import { until } from '../compliance/until.ts'
import type { Internet } from './internet.ts'
import type { LabHost } from './lab-host.ts'
import type { LabProcess } from './lab-process.ts'

const program = (name: string): string => join(packageRoot, 'dist', 'test', 'lab', name)
const PATIENCE_MS = 150_000

/** What a device tells, each at a time of the computer's clock in milliseconds. */
interface Told {
  readonly event: string
  readonly at: number
  readonly state?: string
  readonly address?: string
  readonly relay?: string
  readonly message?: string
  readonly us?: number
}

export interface DhtDeviceOptions {
  /** What the topic that it joins is made from. */
  readonly topic?: string
  readonly announce?: boolean
  readonly offersRelay?: boolean
  readonly relays?: readonly string[]
  readonly metered?: boolean
  /** Hyperswarm alone instead, which has none of these but the topic and relays. */
  readonly plain?: boolean
}

/** The dht transport alone, as a process on a host. */
export class DhtDevice {
  readonly host: LabHost
  readonly #process: LabProcess

  constructor(
    host: LabHost,
    { bootstrap }: Internet,
    { plain = false, ...options }: DhtDeviceOptions,
  ) {
    this.host = host
    const wanted = JSON.stringify({ bootstrap, ...options })
    this.#process = host.start(
      process.execPath,
      [program(plain ? 'swarm-child.js' : 'dht-child.js'), wanted],
      { open: true },
    )
  }

  /** All that it told, oldest first. */
  get told(): readonly Told[] {
    return this.#process.lines.map((line) => JSON.parse(line) as Told)
  }

  /** The first event of a kind at or after a time, once there is one. */
  async next(
    event: string,
    from = 0,
    accepts: (told: Told) => boolean = () => true,
  ): Promise<Told> {
    return until(
      `“${event}” of ${this.host.name}`,
      () => {
        const mishap = this.told.find((told) => told.event === 'mishap')
        if (mishap !== undefined) throw new Error(`${this.host.name}: ${mishap.message}`)
        if (!this.#process.running) throw new Error(`${this.host.name}: ${this.#process.errors}`)
        return this.told.find((told) => told.event === event && told.at >= from && accepts(told))
      },
      PATIENCE_MS,
    )
  }

  /** When it went on, or lost its way to the internet, at or after a time. */
  async state(state: 'on' | 'unavailable', from = 0): Promise<number> {
    return (await this.next('status', from, (told) => told.state === state)).at
  }

  /** The key of the relay that it offers. */
  async relayKey(): Promise<string> {
    return (await this.next('ready')).relay!
  }

  /** Ends the transport and begins it anew, with keys that nobody knows. */
  restart(): void {
    this.#process.write('restart')
  }

  async stop(): Promise<void> {
    const { code } = await this.#process.stop()
    if (code !== 0) throw new Error(`${this.host.name} ended with ${code}: ${this.#process.errors}`)
  }
}

/** When bytes had gone both ways on a link of the two at or after a time, and the address that one had then. */
export async function connected(
  a: DhtDevice,
  b: DhtDevice,
  from: number,
): Promise<{ readonly at: number; readonly address: string }> {
  const [atA, atB] = await Promise.all([a.next('hello', from), b.next('hello', from)])
  return { at: Math.max(atA.at, atB.at), address: atA.address! }
}
