/** Who gets one of the few links that a radio holds, and who gives way for it. */
import type { RadioAbilities } from './radio.ts'

/** Connections of strangers that have not shown yet who they are. */
export const MAX_OPENING = 2
/** Links with strangers; the others are for known devices. */
export const MAX_STRANGERS = 4
/** How long a stranger may take to show who it is while others wait. */
export const PATIENCE_MS = 2_000
/** A link that stood so long gives way to one of its kind that waits; sooner where there is hardly more than one. */
export const TURN_MS = 120_000
export const SHORT_TURN_MS = 10_000

/** A link stands at least so long before its roles are swapped, and its peer was heard so lately. */
const SWAP_MS = 3_000
const HEARD_MS = 5_000

/** One connection. Times are monotonic milliseconds. */
export interface Slot {
  /** `opening` until its preface is done. */
  readonly stage: 'opening' | 'stranger' | 'contact'
  /** It comes from where a known device was heard, or goes there. */
  readonly likely: boolean
  readonly side: 'dialler' | 'acceptor'
  readonly since: number
  /** Much went over it lately. */
  readonly busy: boolean
}

export interface SlotLimits {
  readonly total: number
  /** Of them those that this device dials. */
  readonly dialled: number
  readonly strangers: number
  readonly turn: number
}

/** Come in, stay out, or come in once `ends` has ended. */
export type Admission<S extends Slot> =
  | { readonly verdict: 'in' }
  | { readonly verdict: 'out' }
  | { readonly verdict: 'instead'; readonly ends: S }

const IN = { verdict: 'in' } as const
const OUT = { verdict: 'out' } as const

export function slotLimits({ links, dialled }: RadioAbilities): SlotLimits {
  const total = Math.max(1, links)
  return {
    total,
    dialled: Math.max(1, dialled),
    strangers: Math.min(MAX_STRANGERS, Math.max(1, total - 3)),
    turn: total > 2 ? TURN_MS : SHORT_TURN_MS,
  }
}

/** Whether one more connection may begin; `likely` where it should be a known device's. */
export function admit<S extends Slot>(
  slots: readonly S[],
  likely: boolean,
  limits: SlotLimits,
  now: number,
): Admission<S> {
  const unshown = slots.filter((slot) => slot.stage === 'opening' && !slot.likely)
  if (!likely && unshown.length >= MAX_OPENING) return instead(slowest(unshown, now))
  if (slots.length < limits.total) return IN
  return instead(
    slowest(unshown, now) ??
      // Nothing is proven yet: what makes it likely can be repeated by anybody.
      (likely ? oldest(strangersPast(slots, now - limits.turn)) : undefined) ??
      oldest(slots.filter((slot) => (likely || isStranger(slot)) && hadItsTurn(slot, limits, now))),
  )
}

/** Whether this device may dial one more. */
export function admitDial<S extends Slot>(
  slots: readonly S[],
  likely: boolean,
  limits: SlotLimits,
  now: number,
): Admission<S> {
  const own = slots.filter(({ side }) => side === 'dialler')
  if (own.length < limits.dialled) return admit(slots, likely, limits, now)
  return admit(own, likely, { ...limits, total: limits.dialled }, now)
}

/** Whether a connection that showed who it is may become a link, beside the others. */
export function settle<S extends Slot>(
  others: readonly S[],
  contact: boolean,
  limits: SlotLimits,
  now: number,
): Admission<S> {
  const strangers = others.filter(isStranger)
  if (contact || strangers.length < limits.strangers) return IN
  return instead(oldest(strangers.filter((slot) => hadItsTurn(slot, limits, now))))
}

/**
 * Of a radio whose places for those who dial it are all taken, nobody else knows. A link whose peer can be heard, so has
 * a place itself, is better dialled from here: which one, if any.
 */
export function chooseSwap<S extends Slot>(
  slots: readonly S[],
  abilities: RadioAbilities,
  now: number,
  heardAgo: (slot: S) => number,
): S | undefined {
  const accepted = slots.filter(({ side }) => side === 'acceptor')
  const dialled = slots.length - accepted.length
  if (!abilities.bothRoles || abilities.accepted >= abilities.links) return undefined
  if (accepted.length < abilities.accepted || dialled >= abilities.dialled) return undefined
  if (slots.length >= abilities.links) return undefined
  return oldest(
    accepted.filter(
      (slot) =>
        slot.stage !== 'opening' &&
        !slot.busy &&
        now - slot.since >= SWAP_MS &&
        heardAgo(slot) < HEARD_MS,
    ),
  )
}

function instead<S extends Slot>(ends: S | undefined): Admission<S> {
  return ends ? { verdict: 'instead', ends } : OUT
}

function isStranger(slot: Slot): boolean {
  return slot.stage === 'stranger'
}

function strangersPast<S extends Slot>(slots: readonly S[], since: number): S[] {
  return slots.filter((slot) => isStranger(slot) && slot.since <= since)
}

function hadItsTurn(slot: Slot, limits: SlotLimits, now: number): boolean {
  if (slot.stage === 'opening') return false
  return now - slot.since >= (slot.busy ? 10 * limits.turn : limits.turn)
}

function slowest<S extends Slot>(unshown: readonly S[], now: number): S | undefined {
  return oldest(unshown.filter((slot) => now - slot.since >= PATIENCE_MS))
}

function oldest<S extends Slot>(slots: readonly S[]): S | undefined {
  return slots.reduce<S | undefined>(
    (first, slot) => (first && first.since <= slot.since ? first : slot),
    undefined,
  )
}
