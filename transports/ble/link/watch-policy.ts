/** What a link has to do for itself, by what it last heard and said: say its hello again, ping, ask, or end. */

/** Milliseconds between two hellos while the other end has not answered. */
const HELLO_EVERY = 500
/** Without an answer for so long, the other end is none of ours. */
const HELLO_WITHIN = 10_000
/** Having said nothing for so long, a link pings. */
const PING_AFTER = 1_500
/** Having heard nothing for so long, it is dead: more than a stall of 2 s and two pings. */
const SILENT_AFTER = 5_000
/** An acknowledgement that is out for so many round trips is asked for, within these milliseconds. */
const ASK_AFTER = { trips: 3, least: 300, most: 3_000 }
/** What is under way is acknowledged by then, whoever reads it or not. */
const STUCK_AFTER = 10_000
/** The other end takes something by then. */
const STARVED_AFTER = 30_000
/** What came before its turn is kept for so long. */
const INCOMPLETE_AFTER = 30_000

/** Monotonic milliseconds of what happened last. */
export interface WatchFacts {
  readonly open: boolean
  readonly startedAt: number
  readonly heardAt: number
  readonly saidAt: number
  /** Since when an acknowledgement is waited for; null while none is. */
  readonly waitingSince: number | null
  /** How often it was asked for, and when last. */
  readonly asked: number
  readonly askedAt: number
  /** Since when there is something to send and no room for it; null while there is none of both. */
  readonly starvedSince: number | null
  /** Since when something is missing of what was sent; null while nothing is. */
  readonly gapSince: number | null
  /** The usual round trip in milliseconds; 0 where none is known. */
  readonly roundTrip: number
  /** The channel takes nothing now. */
  readonly blocked: boolean
}

export type Ending = 'no hello' | 'silent' | 'stuck' | 'starved' | 'incomplete'

/** What each ending says. */
export const WORDS: Record<Ending, string> = {
  'no hello': 'The other end did not say hello in time.',
  silent: 'Nothing was heard from the other end.',
  stuck: 'The other end does not say what it received.',
  starved: 'The other end takes nothing.',
  incomplete: 'The other end never sent what was missing.',
}

export type Duty =
  | { readonly do: 'hello' | 'ping' | 'ask' }
  | { readonly do: 'end'; readonly why: Ending }
  | { readonly do: 'wait'; readonly ms: number }

/** Milliseconds within which what was sent, once or again, is acknowledged if nothing was lost. */
export function patience(roundTrip: number): number {
  const { trips, least, most } = ASK_AFTER
  return Math.min(most, Math.max(least, roundTrip * trips))
}

/** What is due now, or for how long nothing is. */
export function watchDuty(facts: WatchFacts, now: number): Duty {
  const endings: [number, Ending][] = facts.open
    ? [
        [facts.heardAt + SILENT_AFTER, 'silent'],
        [(facts.waitingSince ?? Infinity) + STUCK_AFTER, 'stuck'],
        [(facts.starvedSince ?? Infinity) + STARVED_AFTER, 'starved'],
        [(facts.gapSince ?? Infinity) + INCOMPLETE_AFTER, 'incomplete'],
      ]
    : [[facts.startedAt + HELLO_WITHIN, 'no hello']]
  const ended = endings.find(([at]) => at <= now)
  if (ended) return { do: 'end', why: ended[1] }
  const words = facts.blocked ? [] : sayings(facts)
  const due = words.find(([at]) => at <= now)
  if (due) return { do: due[1] }
  return { do: 'wait', ms: Math.min(...[...endings, ...words].map(([at]) => at)) - now }
}

function sayings(facts: WatchFacts): [number, 'hello' | 'ping' | 'ask'][] {
  if (!facts.open) return [[facts.saidAt + HELLO_EVERY, 'hello']]
  const ping: [number, 'ping'] = [facts.saidAt + PING_AFTER, 'ping']
  if (facts.waitingSince === null) return [ping]
  const since = Math.max(facts.waitingSince, facts.askedAt)
  // Each time for twice as long.
  const wait = Math.min(ASK_AFTER.most, patience(facts.roundTrip) * 2 ** facts.asked)
  return [[since + wait, 'ask'], ping]
}
