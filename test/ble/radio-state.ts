import { ADVERTISING, PUBLIC } from './hci.ts'
import type { RadioAddress } from './hci.ts'

/** An advertisement as set by the host. */
export interface Advertising {
  type: number
  ownType: number
  /** Milliseconds between two. */
  interval: number
  data: Buffer
  scanResponse: Buffer
}

/** How the host listens: the share of the time, whether it asks for scan responses, and whether each is told once. */
export interface Scanning {
  readonly share: number
  readonly active: boolean
  readonly once: boolean
}

/** A connection that the host asked for and that is not there yet. */
export interface Dialling {
  readonly to: RadioAddress
  readonly ownType: number
  readonly share: number
  readonly interval: number
  readonly latency: number
  /** Units of 10 ms. */
  readonly timeout: number
}

/** As a controller starts. */
export const UNSET_SCANNING: Scanning = { share: 1, active: false, once: false }

/** As a controller starts. */
export function defaultAdvertising(): Advertising {
  const [data, scanResponse] = [Buffer.alloc(0), Buffer.alloc(0)]
  return { type: ADVERTISING.connectable, ownType: PUBLIC, interval: 1_280, data, scanResponse }
}
