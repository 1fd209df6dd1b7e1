/** Measures a link over fake channels, in virtual time: its bulk rate, and what a short message waits behind bulk. */
import { seededRandom } from '../../core/random.ts'
import { openGattLink } from '../../transports/ble/link/gatt-link.ts'
import type { GattLink } from '../../transports/ble/link/gatt-link.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { channelPair } from './fake-channel.ts'
import type { AirConditions, ChannelPair } from './fake-channel.ts'

export interface LinkWorld {
  readonly clock: VirtualClock
  readonly air: ChannelPair
  readonly central: GattLink
  readonly peripheral: GattLink
}

export interface LinkWorldOptions {
  readonly seed?: number
  readonly maxPacket?: number
  readonly conditions?: Partial<AirConditions>
  /** Called before the links are made. */
  readonly before?: (air: ChannelPair) => void
}

/** Two links over one channel, in virtual time. */
export function linkWorld(options: LinkWorldOptions = {}): LinkWorld {
  // Streams need microtasks alone between two timers.
  const clock = new VirtualClock({ settle: () => new Promise((resolve) => setImmediate(resolve)) })
  const random = seededRandom(options.seed ?? 1)
  const { maxPacket, conditions } = options
  const air = channelPair({
    clock,
    random,
    ...(maxPacket === undefined ? {} : { maxPacket }),
    ...(conditions === undefined ? {} : { conditions }),
  })
  options.before?.(air)
  const central = openGattLink(air.central, { clock, random })
  const peripheral = openGattLink(air.peripheral, { clock, random })
  return { clock, air, central, peripheral }
}

export interface BulkFigures {
  /** Bytes a second that arrived, in virtual time. */
  readonly rate: number
  /** Milliseconds that each short write took, among the bulk; sorted. */
  readonly waits: readonly number[]
  /** The most bytes that were between the writer and the reader, at the short writes. */
  readonly under: number
}

const MARK = 16

/**
 * Writes bulk in pieces as long as the link takes them, as a secret stream does: one piece, then the next when it
 * drained; every now and then a short write in between, marked.
 */
export async function measureBulk(
  { clock, central, peripheral }: LinkWorld,
  options: { readonly ms: number; readonly piece: number; readonly everyMs: number },
): Promise<BulkFigures> {
  let written = 0
  let arrived = 0
  let under = 0
  let shortAt = 0
  const marks: { readonly at: number; readonly offset: number }[] = []
  const waits: number[] = []
  peripheral.on('data', (data) => {
    arrived += (data as Uint8Array).byteLength
    for (let mark = marks[0]; mark !== undefined && arrived >= mark.offset; mark = marks[0]) {
      waits.push(clock.monotonic() - mark.at)
      marks.shift()
    }
  })
  const put = (bytes: number): boolean => {
    written += bytes
    return central.write(Buffer.alloc(bytes, 1))
  }
  const feed = (): void => {
    for (;;) {
      if (clock.monotonic() - shortAt >= options.everyMs) {
        shortAt = clock.monotonic()
        put(MARK)
        marks.push({ at: shortAt, offset: written })
        under = Math.max(under, written - arrived)
      }
      if (!put(options.piece)) return
    }
  }
  central.on('drain', feed)
  await clock.run(1_000)
  const from = { at: clock.monotonic(), arrived }
  feed()
  await clock.run(options.ms)
  const rate = ((arrived - from.arrived) / (clock.monotonic() - from.at)) * 1_000
  central.removeListener('drain', feed)
  return { rate, waits: waits.toSorted((a, b) => a - b), under }
}
