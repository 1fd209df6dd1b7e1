/** Whether and when to dial an instance that was heard. */
import type { Refusal, Route } from './discovery-table.ts'

/** Connections being dialled at once, and how many of them to devices that were never met. */
export const MAX_DIALS = 16
export const MAX_STRANGER_DIALS = 12
/** The head start of the instance with the lower id, so that both seldom dial at once. */
export const HEAD_START_MS = 400
/** An instance not heard for this long is not dialled. */
export const STALE_MS = 60_000
/** A link without a byte for this long may be dead, when core says that some are: a live one speaks each second. */
export const SILENT_MS = 2_500

/** All times are monotonic milliseconds. */
export interface DialFacts {
  readonly now: number
  readonly ownId: string
  readonly ownGeneration: number
  /** Core said lately that links stopped answering, so a silent one is worth a second. */
  readonly doubting: boolean
  /** Dials under way in all; to devices never met; to this instance. */
  readonly dials: number
  readonly strangerDials: number
  readonly dialsToIt: number
  readonly neighbour: {
    readonly id: string
    readonly seen: number
    readonly wantedSince: number
    readonly generation: number | undefined
    readonly refusal: Refusal | undefined
    readonly gone: boolean
    readonly routes: readonly Route[]
  }
  /** Since when no byte came over its newest link; undefined without a link. */
  readonly silentSince: number | undefined
}

/** `dial` that address now, look again `at` a time, or wait for something to `change`. */
export type DialVerdict =
  | { readonly verdict: 'dial'; readonly address: string }
  | { readonly verdict: 'later'; readonly at: number }
  | { readonly verdict: 'change' }

const CHANGE: DialVerdict = { verdict: 'change' }

export function decideDial(facts: DialFacts): DialVerdict {
  const { now, neighbour, silentSince } = facts
  if (facts.dialsToIt > 0 || neighbour.gone || isRefused(facts)) return CHANGE
  if (silentSince !== undefined && !facts.doubting) return CHANGE
  if (silentSince === undefined && now - neighbour.seen >= STALE_MS) return CHANGE
  const route = neighbour.routes.reduce<Route | undefined>(
    (best, other) => (best && best.notBefore <= Math.max(now, other.notBefore) ? best : other),
    undefined,
  )
  if (!route) return CHANGE
  const wantedSince = silentSince === undefined ? neighbour.wantedSince : silentSince + SILENT_MS
  const headStart = facts.ownId < neighbour.id ? 0 : HEAD_START_MS
  const at = Math.max(route.notBefore, wantedSince + headStart)
  if (at > now) return { verdict: 'later', at }
  if (facts.dials >= MAX_DIALS) return CHANGE
  const stranger = !neighbour.routes.some((other) => other.proven)
  if (stranger && facts.strangerDials >= MAX_STRANGER_DIALS) return CHANGE
  return { verdict: 'dial', address: route.address }
}

/** True while nothing changed since both sides found no topic in common. */
function isRefused({ neighbour, ownGeneration }: DialFacts): boolean {
  const { refusal, generation } = neighbour
  if (!refusal || refusal.ours !== ownGeneration) return false
  return generation === undefined || generation === refusal.theirs
}
