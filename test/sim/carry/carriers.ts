import type { Bits } from './bits.ts'
import type { World } from './world.ts'

/** What devices have during a run; all protocols share it. */
export interface Stock {
  /** Per device: messages that it has, or had until it dropped them for their age. */
  readonly got: readonly Bits[]
  /** Messages of its rooms: it is a member's, or a blind peer that mirrors the room. */
  readonly wants: readonly Bits[]
  /** Messages that it may give to strangers. */
  readonly spare: readonly Bits[]
  /** Messages that it takes as if it wanted them. */
  readonly favours: readonly Bits[]
  /** Bytes that it carries for others. */
  readonly stored: Float64Array
  /** Says that those linked with a device should look again at a message. */
  readonly offer: (device: number, message: number) => void
}

/** What one protocol does with what cannot be given to members at once. */
export interface Carriers {
  written?(message: number, now: number): void
  minute?(now: number): void
  /** Two devices came in reach of each other, for so many minutes. */
  linked?(a: number, b: number, minutes: number): void
  /** They compare what they have: at the beginning of a link, and now and then. */
  compare?(a: number, b: number, written: number): void
  /** Copies to hand over with a message; null to keep it. `carries`: what may still be given in this meeting. */
  hand(message: number, a: number, b: number, carries: number, now: number): number | null
  given?(message: number, a: number, b: number, copies: number, now: number): void
}

export type Protocol = (world: World, stock: Stock) => Carriers
