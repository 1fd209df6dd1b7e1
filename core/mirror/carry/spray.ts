/**
 * Binary spray-and-wait (Spyropoulos, Psounis, Raghavendra 2005) for rooms: pure decisions, which the engine and the
 * simulator share. Members replicate a room among themselves and need no copies for it. What a device wrote, or had
 * from a carrier, it may spray in so many copies; a meeting with a stranger hands half of them over, and who has one
 * left gives only to those who want it. Copies are halved and never made.
 *
 * People move among the same others: copies alone seldom come to where a given device is. So each member's device
 * names some strangers whom it meets day after day its *regulars*. They want what the room's carriers have as members
 * do, though they spray nothing: who meets one has all but met the member.
 */

/** Times in ms, sizes in bytes. */
export interface SprayLimits {
  /** Copies of what a device wrote, or was brought by a carrier, itself counted. */
  readonly copies: number
  /** Strangers whom each member's device names its regulars. */
  readonly regulars: number
  /** How long something is carried. */
  readonly life: number
  /** How long its author waits for those around to get it by themselves. */
  readonly patience: number
  /** What is given to one stranger in one meeting. */
  readonly meeting: number
}

export const SPRAY: SprayLimits = {
  copies: 16,
  regulars: 12,
  life: 7 * 24 * 60 * 60_000,
  patience: 10 * 60_000,
  meeting: 8 * 1024 * 1024,
}

/** Most copies that anybody is believed to hand over: half of what there is at the beginning. */
export const MAX_HANDED = SPRAY.copies / 2
/** Most regulars that all members of one room name together. */
export const MAX_REGULARS = 256
/** Space for what is carried. */
export const CARRY_QUOTA = 256 * 1024 * 1024

/** Something that is carried, or might be: a range of a log. */
export interface Parcel {
  readonly bytes: number
  /** Copies here; 1 or 0 is given only to who wants it. */
  readonly copies: number
  /** When it was written, or came here first. */
  readonly since: number
  readonly until: number
}

/** Who is met: somebody who `wants` it (a member, a blind peer of the room, a regular), or may carry so many bytes. */
export interface Met {
  readonly wants: boolean
  readonly carries: number
}

/** What a member's device knows of a range that it may spray. */
export interface Known {
  /** When it was written here, or came here by a carrier. */
  readonly since: number
  /** Every device of the room is known to have it: heads heard from members are what ends spraying. */
  readonly everywhere: boolean
}

/** Copies with which a member's device begins, once it does; 0 while it waits, or when nobody lacks it. */
export function beginWith(known: Known, now: number, limits: SprayLimits): number {
  if (known.everywhere || now >= known.since + limits.life) return 0
  return now < known.since + limits.patience ? 0 : limits.copies
}

/** Copies to hand over; null to give nothing. To who wants it, it is given and costs no copy. */
export function handOver(parcel: Parcel, met: Met, now: number): number | null {
  if (parcel.until <= now) return null
  if (met.wants) return 0
  if (parcel.copies < 2 || parcel.bytes > met.carries) return null
  return Math.floor(parcel.copies / 2)
}

/** Copies that a carrier keeps of those that somebody claims to hand over. */
export function believed(claimed: number): number {
  return Number.isSafeInteger(claimed) ? Math.max(0, Math.min(claimed, MAX_HANDED)) : 0
}

/** Until when a carrier keeps something, whatever is claimed. */
export function keptUntil(claimed: number, now: number, limits: SprayLimits): number {
  return Number.isFinite(claimed) ? Math.min(claimed, now + limits.life) : now
}

/** The order in which a meeting gives: the newest first, for meetings are short. */
export function byTurn(x: Parcel, y: Parcel): number {
  return y.since - x.since
}

/**
 * Which of what is carried to drop so that something fits; null when it is not to be taken. What has expired goes
 * first; then what was copied on most, for others have it; of that the oldest. What would itself be the next to go is
 * not taken, or two devices that are full would give each other the same for ever.
 */
export function makeSpace<T extends Parcel>(
  held: readonly T[],
  newcomer: Parcel,
  quota: number,
  now: number,
): T[] | null {
  if (newcomer.bytes > quota || newcomer.until <= now) return null
  let over = held.reduce((sum, { bytes }) => sum + bytes, newcomer.bytes) - quota
  if (over <= 0) return []
  const dropped: T[] = []
  for (const parcel of held.toSorted((x, y) => byWorth(x, y, now))) {
    if (over <= 0) break
    if (byWorth(newcomer, parcel, now) <= 0) return null
    dropped.push(parcel)
    over -= parcel.bytes
  }
  return dropped
}

function byWorth(x: Parcel, y: Parcel, now: number): number {
  const alive = ({ until }: Parcel): number => (until <= now ? 0 : 1)
  return alive(x) - alive(y) || x.copies - y.copies || x.since - y.since
}
