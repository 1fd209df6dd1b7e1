import { PorchlightError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'

/** How a simulated path behaves, in each direction alike. */
export interface Conditions {
  /** One-way delay in milliseconds. */
  readonly latency: number
  /** Up to this many milliseconds more, drawn for each segment; order is kept. */
  readonly jitter: number
  /** Bytes a second; Infinity for no limit. */
  readonly bandwidth: number
  /**
   * The chance, from 0 up to but not including 1, that a packet is lost. A link is reliable, so what
   * a loss costs is the time of its retransmissions.
   */
  readonly loss: number
}

/** No delay, no limit, no loss. */
export const perfect: Conditions = { latency: 0, jitter: 0, bandwidth: Infinity, loss: 0 }

const PACKET = 1_400
const FIRST_RETRANSMISSION_MS = 200
const MOST_ROUNDS = 6
/** The most bytes that are ever delivered as one piece. */
export const LARGEST_SEGMENT = 64 * 1024
const SMALLEST_WINDOW = 16 * 1024
const LARGEST_WINDOW = 1024 * 1024
/** What a radio's link holds at least, and most of what it sends as one. */
const NARROW_WINDOW = 4 * 1024
const NARROW_SEGMENT = 185

/** Throws BAD_CONFIG for a value outside its range. */
export function checkConditions(conditions: Partial<Conditions>): void {
  const { latency = 0, jitter = 0, bandwidth = Infinity, loss = 0 } = conditions
  if (!(latency >= 0 && latency < Infinity)) refuse('latency', '0 or more milliseconds')
  if (!(jitter >= 0 && jitter < Infinity)) refuse('jitter', '0 or more milliseconds')
  if (!(bandwidth > 0)) refuse('bandwidth', 'more than 0 bytes a second')
  if (!(loss >= 0 && loss < 1)) refuse('loss', 'from 0 to below 1; a partition loses everything')
}

function refuse(knob: string, range: string): never {
  throw new PorchlightError('BAD_CONFIG', `The memory network's ${knob} must be ${range}.`)
}

/**
 * The most bytes that may be on the wire unread: twice the bandwidth-delay product, so that a slow path
 * does not hide seconds of data in its buffers. A narrow link has less of them.
 */
export function windowOf({ bandwidth, latency, jitter }: Conditions, narrow = false): number {
  const inFlight = (bandwidth * 2 * (2 * latency + jitter)) / 1_000
  if (bandwidth === Infinity) return LARGEST_WINDOW
  return Math.min(LARGEST_WINDOW, Math.max(narrow ? NARROW_WINDOW : SMALLEST_WINDOW, inFlight))
}

/** The most bytes that travel as one: at most 50 ms of the bandwidth, so that a slow path trickles. */
export function segmentOf({ bandwidth }: Conditions, narrow = false): number {
  if (narrow) return NARROW_SEGMENT
  return Math.floor(Math.min(LARGEST_SEGMENT, Math.max(PACKET, bandwidth / 20)))
}

/** Milliseconds that `bytes` occupy the wire. */
export function serialization({ bandwidth }: Conditions, bytes: number): number {
  return (bytes * 1_000) / bandwidth
}

/** Milliseconds from the wire to the other end, retransmissions included. */
export function flight(conditions: Conditions, bytes: number, random: Random): number {
  const jitter = conditions.jitter > 0 ? conditions.jitter * random.float() : 0
  return conditions.latency + jitter + retransmission(conditions, bytes, random)
}

/** Each round sends again what the round before lost, after twice the wait, as TCP does. */
function retransmission({ loss, latency }: Conditions, bytes: number, random: Random): number {
  if (loss === 0) return 0
  let packets = Math.ceil(bytes / PACKET)
  let wait = Math.max(FIRST_RETRANSMISSION_MS, 2 * latency)
  let total = 0
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (random.float() >= 1 - (1 - loss) ** packets) break
    packets = Math.max(1, Math.round(packets * loss))
    total += wait
    wait *= 2
  }
  return total
}
