/** The Bluetooth transport alone as a participant: one device on an emulated adapter, and bytes over its one link. */
import { systemClock } from '../../../core/clock.ts'
import { silentLogger } from '../../../core/logger.ts'
import { systemRandom } from '../../../core/random.ts'
import type { Link } from '../../../core/transport.ts'
import { BleTransport, createRadio } from '../../../transports/ble/index.ts'
import { serve } from '../measure/serve.ts'
import { monotonic, pause, until } from '../measure/timing.ts'

const TOPIC = Buffer.alloc(32, 7)
/** What is written in one go where nothing paces it. */
const PIECE = 4 * 1024
const SHARED = { clock: systemClock, random: systemRandom, logger: silentLogger }

/** Writes of so many bytes, one every so many milliseconds. */
export interface Pace {
  readonly bytes: number
  readonly every: number
}

let transport: BleTransport
let link: Link | undefined
let received = 0

const calls = {
  /** Switches the radio on with the largest MTU that it may negotiate. */
  async open(mtu: number): Promise<void> {
    const radio = createRadio({ ...SHARED, driver: 'stoprocent', mtu })
    transport = new BleTransport({ ...SHARED, radio })
    transport.on('link', (made) => {
      link = made
      made.stream.on('error', () => {})
      made.stream.on('close', () => (link = undefined))
      made.stream.on('data', (data: Uint8Array) => (received += data.length))
    })
    transport.join(TOPIC)
    await transport.start()
  },
  linked: (): Promise<void> => until('a link', () => link !== undefined),
  received: (): number => received,
  /** Writes for so many milliseconds, as fast as the link takes it or as it is paced; gives the bytes written. */
  async pour(ms: number, pace: Pace | null): Promise<number> {
    const { stream } = link!
    const piece = Buffer.alloc(pace?.bytes ?? PIECE, 0x50)
    const end = monotonic() + ms
    let written = 0
    for (let next = monotonic(); monotonic() < end; written += piece.length) {
      const room = stream.write(piece)
      if (pace !== null) {
        next += pace.every
        await pause(Math.max(0, next - monotonic()))
      } else if (!room) {
        await new Promise<void>((resolve) => stream.once('drain', () => resolve()))
      }
    }
    return written
  },
}

export type BleLinkCalls = typeof calls

serve(calls, () => transport.stop())
