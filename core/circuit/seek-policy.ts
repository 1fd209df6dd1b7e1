/** When this device looks for members that it is not linked with, and how far. Pure; times in ms. */
import { MAX_HOPS } from './messages.ts'
import type { Close } from './messages.ts'

/** A member's device that no link leads to. */
export interface Sought {
  /** No device of some room that it is in is linked: without it that room stands still here. */
  readonly urgent: boolean
  /** Finds that looked for it since the links last changed. */
  readonly attempts: number
  /** When it was last looked for, or came to be missed. */
  readonly since: number
  /** In [0, 1): so that many devices do not ask at once. */
  readonly jitter: number
}

const SETTLE = 1_000
const URGENT_FIRST = 3_000
const URGENT_MOST = 2 * 60_000
const APART_FIRST = 20_000
const APART_MOST = 10 * 60_000
/** Attempts after which a find goes as far as it can. */
const FAR = 3
const REFUSED_REST = 30_000
const SILENT_REST = 120_000

/** When it is looked for next. */
export function dueAt(sought: Sought): number {
  return sought.since + waitOf(sought)
}

/**
 * The same after a neighbour came, behind whom it may be: soon, and then often again. Never later than before, and as
 * far as before: neighbours that come and go all the time keep nobody from looking.
 */
export function renewed<T extends Sought>(sought: T, now: number): T {
  const next = { ...sought, attempts: Math.min(sought.attempts, FAR) }
  const due = Math.min(dueAt(sought), now + (sought.urgent ? SETTLE : APART_FIRST))
  return { ...next, since: due - waitOf(next) }
}

/** Links that a find for it goes along: near ones are found without asking the whole neighbourhood. */
export function hopsFor(attempts: number): number {
  return Math.min(MAX_HOPS, 2 ** (attempts + 1))
}

function waitOf({ urgent, attempts, jitter }: Sought): number {
  const wait = urgent
    ? attempts === 0
      ? SETTLE
      : Math.min(URGENT_MOST, URGENT_FIRST * 2 ** (attempts - 1))
    : Math.min(APART_MOST, APART_FIRST * 2 ** attempts)
  return wait * (1 + jitter / 4)
}

/** Of those that are due, whom the next find looks for: urgent ones first, then who waited for longest. */
export function toSeek<T extends Sought>(sought: Iterable<T>, now: number, most: number): T[] {
  return [...sought]
    .filter((one) => dueAt(one) <= now)
    .sort((a, b) => Number(b.urgent) - Number(a.urgent) || dueAt(a) - dueAt(b))
    .slice(0, most)
}

/** When anyone is due; Infinity for never. */
export function nextDue(sought: Iterable<Sought>): number {
  let next = Infinity
  for (const one of sought) next = Math.min(next, dueAt(one))
  return next
}

/**
 * How long no other circuit to a device goes through a neighbour after one ended for this reason; null where it was
 * given up here, as nothing came by it. What broke on the way is found anew at once.
 */
export function restAfter(reason: Close | null): number {
  if (reason === null) return SILENT_REST
  return reason === 'busy' || reason === 'refused' || reason === 'unknown' ? REFUSED_REST : 0
}
