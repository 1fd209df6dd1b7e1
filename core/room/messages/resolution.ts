import type { ReactionView } from '../../api.ts'
import { compare } from '../../timeline/order.ts'
import type { Position } from '../../timeline/order.ts'
import type { Change } from './change-table.ts'

/** Most different reactions of one person that count in one message. */
export const MAX_OWN_REACTIONS = 64
/** Most different reactions shown with one message. */
export const MAX_SHOWN_REACTIONS = 64

/** Whose message it is, and what is known of its changes. */
export interface ResolutionFacts {
  /** The person who wrote the message. */
  readonly author: string
  /** This device's person. */
  readonly self: string
  /** A change's place in the room's order and the person who made it; null while it counts for nothing. */
  readonly place: (
    change: Change,
  ) => { readonly person: string; readonly position: Position } | null
}

/** What changes make of a message. */
export interface Resolution {
  readonly deleted: boolean
  /** The edit that holds. */
  readonly edit: { readonly position: Position; readonly mentions: boolean } | null
  readonly reactions: readonly ReactionView[]
}

interface Reaction {
  readonly position: Position
  readonly person: string
  readonly emoji: string
  readonly on: boolean
}

/**
 * What a message's changes make of it. Only its author's person edits and deletes it: the last edit in the room's
 * order holds, a deletion is final. Of reactions the last of each person and emoji holds.
 */
export function resolve(changes: readonly Change[], facts: ResolutionFacts): Resolution {
  let deleted = false
  let edit: Resolution['edit'] = null
  const reactions = new Map<string, Reaction>()
  for (const change of changes) {
    const place = facts.place(change)
    if (!place) continue
    const { person, position } = place
    if (change.kind === 'react') {
      const key = `${person}/${change.emoji}`
      const before = reactions.get(key)
      if (before && compare(before.position, position) >= 0) continue
      reactions.set(key, { position, person, emoji: change.emoji, on: change.flag })
    } else if (person === facts.author) {
      if (change.kind === 'delete') deleted = true
      else if (!edit || compare(edit.position, position) < 0) {
        edit = { position, mentions: change.flag }
      }
    }
  }
  return { deleted, edit, reactions: counted([...reactions.values()], facts.self) }
}

/** The reactions that are given, the earliest first. */
function counted(reactions: readonly Reaction[], self: string): ReactionView[] {
  const perPerson = new Map<string, number>()
  const views = new Map<string, { emoji: string; count: number; own: boolean }>()
  const given = reactions.filter(({ on }) => on)
  for (const { person, emoji } of given.sort((a, b) => compare(a.position, b.position))) {
    const used = perPerson.get(person) ?? 0
    perPerson.set(person, used + 1)
    if (used >= MAX_OWN_REACTIONS) continue
    const view = views.get(emoji)
    if (!view && views.size >= MAX_SHOWN_REACTIONS) continue
    const { count, own } = view ?? { count: 0, own: false }
    views.set(emoji, { emoji, count: count + 1, own: own || person === self })
  }
  return [...views.values()]
}
