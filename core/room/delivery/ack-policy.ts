/**
 * When a device writes an acknowledgement. Where a link leads to a message's author, a word in the session does;
 * a record is for authors further away, and must not cost the room more than it is worth: in a busy hour all
 * devices together take a small share of the messages' bytes.
 */

/** After so long without news, what is unsaid is said, in ms; spread, so that neighbours do not speak at once. */
const QUIET = 20_000
const SPREAD = 10_000
/** While news keeps coming, what is unsaid waits at most so long. */
const PATIENCE = 120_000
/** Bytes of acknowledgements for each byte of messages. */
const SHARE = 0.022
/** Bytes an hour that the room gives for acknowledgements besides: in a busy hour, and when little is said. */
const BUSY_TRICKLE = 1_500
const QUIET_TRICKLE = 9_000
/** Each byte of messages in the last hour takes so much off the trickle. */
const CALMING = 0.3
/** Bytes saved up in the whole room, at most, and at the beginning; for each device no less than a short one takes. */
const SAVED = 2_000
/** Bytes of a short acknowledgement's block. */
export const SHORT_ACK = 110
const HOUR = 3_600_000
/** What can not be paid for yet is looked at again after so long, at most. */
const LONGEST = 600_000

/** What a device may spend on acknowledgements; times in monotonic ms. */
export interface AckBudget {
  readonly at: number
  /** Bytes; less than nothing after a long one. */
  readonly credit: number
  /** Bytes of messages in the last hour, fading. */
  readonly recent: number
}

/** What a device has when it begins: one short acknowledgement, less where many share. */
export function openBudget(now: number, devices: number): AckBudget {
  return { at: now, credit: Math.min(SHORT_ACK, SAVED / devices), recent: 0 }
}

/** The budget after `bytes` of messages came, in a room where so many devices may write. */
export function earn(budget: AckBudget, now: number, bytes: number, devices: number): AckBudget {
  const passed = Math.max(0, now - budget.at)
  const gained = passed * trickle(budget.recent, devices) + (bytes * SHARE) / devices
  const limit = Math.max(SHORT_ACK, Math.min(2 * SHORT_ACK, SAVED / devices))
  return {
    at: now,
    credit: Math.min(limit, budget.credit + gained),
    recent: budget.recent * Math.exp(-passed / HOUR) + bytes,
  }
}

/** The budget after an acknowledgement of so many bytes. */
export function spend(budget: AckBudget, bytes: number): AckBudget {
  return { ...budget, credit: budget.credit - bytes }
}

/** Bytes a millisecond for one device. */
function trickle(recent: number, devices: number): number {
  return Math.max(BUSY_TRICKLE, QUIET_TRICKLE - CALMING * recent) / HOUR / devices
}

/** What the next step depends on; times in monotonic ms. */
export interface AckFacts {
  readonly now: number
  readonly budget: AckBudget
  readonly devices: number
  /** Since when something is unsaid; null while nothing is. */
  readonly since: number | null
  /** When a message came last, or was read. */
  readonly news: number
  /** In [0, 1): this device's own. */
  readonly chance: number
}

/** Write now, look again in so many ms, or (null) wait for news. */
export function ackStep(facts: AckFacts): 'write' | number | null {
  const { now, budget, since, news, chance } = facts
  if (since === null) return null
  const due = Math.min(news + QUIET + chance * SPREAD, since + PATIENCE)
  const lacking = SHORT_ACK - budget.credit
  const paid = lacking <= 0 ? now : now + lacking / trickle(budget.recent, facts.devices)
  const wait = Math.max(due, paid) - now
  return wait <= 0 ? 'write' : Math.min(LONGEST, Math.ceil(wait))
}
