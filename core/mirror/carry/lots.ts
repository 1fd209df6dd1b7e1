import { bounded, encode, fixed, list, struct, text, tryDecode, uint } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import type { Parcel } from './spray.ts'

/** Consecutive blocks of a log that came here together, and the copies of them that are here. */
export interface Lot extends Parcel {
  /** The log's key (hex). */
  readonly log: string
  from: number
  to: number
  bytes: number
  copies: number
  since: number
  until: number
}

/** One that a carrier has: where it came from counts. */
export interface CarriedLot extends Lot {
  /** See policy/address-bucket.ts. */
  readonly address: string
}

/** What a carrier writes down of one mirror. */
export interface CarriedBook {
  /** The carriers' key. */
  readonly key: Buffer
  /** Wall-clock ms until when this device is a regular of the room; 0 for not. */
  regularUntil: number
  readonly lots: CarriedLot[]
}

/** Lots of one mirror that a carrier keeps. */
export const MAX_LOTS = 1024
const MAX_ADDRESS = 160

interface StoredLot extends Omit<CarriedLot, 'log'> {
  log: Buffer
}

const lot: Codec<StoredLot> = struct<StoredLot>({
  log: fixed(32),
  from: uint,
  to: uint,
  bytes: uint,
  copies: bounded(0xff),
  since: uint,
  until: uint,
  address: text(MAX_ADDRESS),
})
const book: Codec<{ key: Buffer; regularUntil: number; lots: StoredLot[] }> = struct({
  key: fixed(32),
  regularUntil: uint,
  lots: list(lot, MAX_LOTS),
})

/** The bytes of it. */
export function encodeCarried({ key, regularUntil, lots }: CarriedBook): Buffer {
  const stored = lots.map((one) => ({ ...one, log: Buffer.from(one.log, 'hex') }))
  return encode(book, { key, regularUntil, lots: stored })
}

/** What the bytes say; null when they are damaged. */
export function decodeCarried(bytes: Buffer): CarriedBook | null {
  const stored = tryDecode(book, bytes)
  if (!stored || stored.lots.some(({ from, to }) => from >= to)) return null
  return { ...stored, lots: stored.lots.map((one) => ({ ...one, log: one.log.toString('hex') })) }
}

/** All lots of one log of one mirror: what a carrier drops together, for they may lie in one piece on the disk. */
export interface LogParcel extends Parcel {
  readonly id: string
  readonly log: string
}

/** What a carrier has of a mirror (hex id), by log: each is worth what its best lot is. */
export function byLog(id: string, lots: readonly Lot[]): LogParcel[] {
  const parcels = new Map<string, LogParcel>()
  for (const { log, bytes, copies, since, until } of lots) {
    const known = parcels.get(log)
    parcels.set(log, {
      id,
      log,
      bytes: bytes + (known?.bytes ?? 0),
      copies: Math.max(copies, known?.copies ?? 0),
      since: Math.max(since, known?.since ?? 0),
      until: Math.max(until, known?.until ?? 0),
    })
  }
  return [...parcels.values()]
}
