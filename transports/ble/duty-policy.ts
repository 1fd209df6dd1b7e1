/** How much of its time the radio gives to being found and to looking, and in which role. */
import type { Duty, RadioAbilities } from './radio.ts'

/** What the computer runs on. */
export interface Power {
  readonly onBattery: boolean
  /** Charge, 0 to 1; null where it is not known. */
  readonly level: number | null
}

/** What a radio does that can not do both at once: show itself, look around, or rest. */
export type Role = 'show' | 'look' | 'rest'

/** The part of an alternating radio, and until when. */
export interface Phase {
  readonly role: Role
  readonly until: number
}

/** Times are monotonic milliseconds. */
export interface DutyFacts {
  readonly now: number
  /** Undefined where nothing is known: then as on mains. */
  readonly power: Power | undefined
  readonly abilities: RadioAbilities
  /** Connections that others dialled, and that this device dialled or is dialling. */
  readonly inbound: number
  readonly outbound: number
  /** Somebody was lost or is awaited until then. */
  readonly seekUntil: number
  /** When a link or an unlinked advertiser last came or went. */
  readonly changedAt: number
  /** Nobody is to dial for a moment. */
  readonly hidden: boolean
  /** Much goes over a link: looking around would slow it down. */
  readonly busy: boolean
  readonly phase: Phase | undefined
  /** In [0, 1). */
  readonly chance: number
}

export interface DutyChoice {
  readonly duty: Duty
  readonly phase: Phase | undefined
  /** When to choose anew if nothing changes before. */
  readonly at: number
}

const LOW = 0.2
/** So long after a change somebody else may well come. */
const LIVELY_MS = 2 * 60_000
const QUIET_MS = 15 * 60_000
const REVIEW_MS = 4_000
/** Phases of an alternating radio are drawn from once to three times this, or two would never meet. */
const PHASE_MS = 700

/** Pure: the same facts give the same choice. */
export function chooseDuty(facts: DutyFacts): DutyChoice {
  const { abilities, inbound, outbound, now } = facts
  const free = !facts.hidden && inbound < abilities.accepted && inbound + outbound < abilities.links
  const scan = scanShare(facts)
  if (abilities.bothRoles) {
    const mayDial = inbound + outbound < abilities.links && outbound < abilities.dialled
    // At random, so that two with the same facts do not do the same at the same moment.
    const at = now + REVIEW_MS * (0.5 + facts.chance)
    // Full, it still looks a little: a known device may be worth more than a stranger.
    return { duty: { advertise: free, scan: mayDial ? scan : scan / 4 }, phase: undefined, at }
  }
  if (outbound > 0) {
    return { duty: { advertise: false, scan }, phase: undefined, at: now + REVIEW_MS }
  }
  if (inbound > 0) {
    return { duty: { advertise: free, scan: 0 }, phase: undefined, at: now + REVIEW_MS }
  }
  const phase = facts.phase && facts.phase.until > now ? facts.phase : nextPhase(facts, scan)
  const duty = { advertise: phase.role === 'show', scan: phase.role === 'look' ? 1 : 0 }
  return { duty, phase, at: phase.until }
}

/** Share of the time to listen, 0 to 1. */
export function scanShare(facts: DutyFacts): number {
  const { now, seekUntil, changedAt, power } = facts
  const linked = facts.inbound + facts.outbound > 0
  const saving = !power?.onBattery ? 1 : power.level !== null && power.level < LOW ? 0.25 : 0.5
  if (facts.busy) return 0.05
  if (seekUntil > now) return saving < 0.5 ? 0.5 : 1
  const calm = now - changedAt
  const share = linked ? 0.2 : calm < LIVELY_MS ? 0.5 : calm < QUIET_MS ? 0.25 : 0.1
  return share * saving
}

/** Shows and looks in turn, each for a time drawn at random; between a look and the next show it rests when it may. */
function nextPhase({ now, phase, chance }: DutyFacts, scan: number): Phase {
  const long = PHASE_MS * (1 + 2 * chance)
  if (phase?.role === 'look' && scan < 0.25)
    return { role: 'rest', until: now + long * (0.5 / scan) }
  if (phase === undefined ? chance < 0.5 : phase.role !== 'show')
    return { role: 'show', until: now + long * (scan < 0.25 ? 3 : 1) }
  return { role: 'look', until: now + long }
}
