import { seededRandom } from '../../core/random.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { Air } from './air.ts'
import type { AirOptions } from './air.ts'
import { RawDevice } from './raw-device.ts'
import type { RawLink } from './raw-link.ts'

/** The virtual milliseconds that a test waits at most. */
export const LIMIT = 60_000

/** An air in virtual time. */
export class AirWorld {
  readonly clock = new VirtualClock()
  readonly air: Air

  constructor(options: Partial<AirOptions> = {}) {
    this.air = new Air({ clock: this.clock, random: seededRandom(7), ...options })
  }

  /** Bare devices of these names. */
  devices(...names: string[]): RawDevice[] {
    return names.map((name) => new RawDevice(this.air, name))
  }

  /** Lets time pass until the promise settles, and gives its result. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let done = false
    promise.then(
      () => (done = true),
      () => (done = true),
    )
    if (!(await this.clock.runUntil(() => done, LIMIT))) {
      throw new Error('It did not come to an end in a minute of virtual time.')
    }
    return promise
  }

  /** Two devices with a link between them: what `b` dialled and what `a` took. */
  async linked(supervisionMs = 2_000): Promise<Linked> {
    const [a, b] = this.devices('a', 'b') as [RawDevice, RawDevice]
    const taken = new Promise<RawLink>((resolve) => void a.once('link', resolve))
    await this.settle(a.advertise({ data: Buffer.alloc(3) }))
    const atB = await this.settle(b.connect(a.address, { supervisionMs }))
    return { a, b, atA: await taken, atB }
  }
}

export interface Linked {
  readonly a: RawDevice
  readonly b: RawDevice
  readonly atA: RawLink
  readonly atB: RawLink
}
