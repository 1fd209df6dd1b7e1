/** Whom to dial next of those heard on the air, and how long to leave alone whom it was in vain to dial. */
import { doubling } from '../../core/doubling.ts'

/** The head start of the side with the smaller id, so that both seldom dial at once. */
export const HEAD_START_MS = 4_000
/** One not heard for this long is not dialled. */
export const STALE_MS = 5_000
/** Above so many strangers in view only those that stayed for a while are dialled: forged ones seldom do. */
export const CROWD = 8
export const SETTLED_MS = 3_000
/** Dials to strangers: so many at once, then this many a second. Known devices have more. */
export const STRANGER_DIALS = { most: 10, perSecond: 0.5 }
export const CONTACT_DIALS = { most: 20, perSecond: 2 }

const FIRST_MS = 500
const FIRST_SILENT_MS = 15_000
const LONGEST_STRANGER_MS = 10 * 60_000
const LONGEST_CONTACT_MS = 30_000

/** What the choice depends on of one advertiser. Times are monotonic milliseconds. */
export interface Candidate {
  readonly id: string
  /** Null for a stranger. */
  readonly contact: string | null
  readonly firstSeen: number
  readonly seen: number
  readonly wantedSince: number
  readonly failures: number
  readonly notBefore: number
}

export interface DialFacts<C extends Candidate> {
  readonly now: number
  readonly ownId: string
  /** Whether the other side can dial as well, while this one does not. */
  readonly headStart: boolean
  /** Those without a link. */
  readonly candidates: readonly C[]
  /** Strangers heard lately, with or without a link. */
  readonly strangers: number
  /** Whether there is room and allowance for a known device; for a stranger. */
  readonly contactsWelcome: boolean
  readonly strangersWelcome: boolean
  /** In [0, 1). */
  readonly chance: number
}

/** Whom to dial now; else when to look again, Infinity to wait until something changes. */
export interface DialChoice<C extends Candidate> {
  readonly dial?: C
  readonly at: number
}

/**
 * Whom to work out first where there is too much of it: those heard twice, and of them those heard last. A flood that says
 * something else each time is neither for long.
 */
export function mostPromising<S extends Pick<Candidate, 'firstSeen' | 'seen'>>(
  heard: Iterable<S>,
): S[] {
  const twice = ({ firstSeen, seen }: S): number => Number(seen > firstSeen)
  return [...heard].reverse().sort((a, b) => twice(b) - twice(a) || b.seen - a.seen)
}

/** Known devices first, then those with the fewest failures. */
export function chooseDial<C extends Candidate>(facts: DialFacts<C>): DialChoice<C> {
  const { now, candidates } = facts
  const crowded = facts.strangers > CROWD
  let best: C[] = []
  let at = Infinity
  for (const candidate of candidates) {
    if (!(isKnown(candidate) ? facts.contactsWelcome : facts.strangersWelcome)) continue
    if (now - candidate.seen >= STALE_MS) continue
    if (crowded && !isKnown(candidate) && !hasSettled(candidate)) continue
    const ready = readyAt(candidate, facts)
    if (ready > now) {
      at = Math.min(at, ready)
      continue
    }
    const order = best[0] ? compare(candidate, best[0]) : -1
    if (order < 0) best = [candidate]
    else if (order === 0) best.push(candidate)
  }
  const dial = pick(best, facts.chance)
  return dial ? { dial, at: now } : { at }
}

/**
 * Half the time the one that came last, else any: a crowd that was there before does not keep a newcomer waiting, nor
 * does a crowd that comes anew all the time keep out who stays.
 */
function pick<C extends Candidate>(equals: readonly C[], chance: number): C | undefined {
  if (chance >= 0.5) return equals[Math.floor((2 * chance - 1) * equals.length)]
  return equals.reduce<C | undefined>(
    (last, other) => (last && last.firstSeen >= other.firstSeen ? last : other),
    undefined,
  )
}

/** How a dial failed: no connection, one that was ended at once, nobody there who talks, or nothing in common. */
export type DialFailure = 'unreachable' | 'refused' | 'silent' | 'stranger'

/** Milliseconds to leave one alone after its `failures`-th failure in a row; `chance` spreads them by half either way. */
export function retryDelay(
  failure: DialFailure,
  failures: number,
  contact: boolean,
  chance: number,
): number {
  const spread = 0.5 + chance
  if (contact) return doubling(failures, FIRST_MS, LONGEST_CONTACT_MS) * spread
  if (failure === 'stranger' || (failure === 'silent' && failures > 1)) return LONGEST_STRANGER_MS
  const first = failure === 'silent' ? FIRST_SILENT_MS : FIRST_MS
  return doubling(failures, first, LONGEST_STRANGER_MS) * spread
}

function readyAt({ id, wantedSince, notBefore }: Candidate, facts: DialFacts<Candidate>): number {
  const wait = facts.headStart && facts.ownId > id ? HEAD_START_MS : 0
  return Math.max(notBefore, wantedSince + wait)
}

function isKnown({ contact }: Candidate): boolean {
  return contact !== null
}

/** Heard twice, long enough apart. */
function hasSettled({ firstSeen, seen }: Candidate): boolean {
  return seen - firstSeen >= SETTLED_MS
}

function compare(a: Candidate, b: Candidate): number {
  return Number(isKnown(b)) - Number(isKnown(a)) || a.failures - b.failures
}
