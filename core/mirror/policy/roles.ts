/**
 * What one side of an exchange is to a mirror: a room's member, who holds it for its depositors, who carries some of
 * it, and who does so for members whom it meets day after day.
 */
export const KINDS = ['room', 'held', 'carried', 'regular'] as const
/** One of these. */
export type Kind = (typeof KINDS)[number]

/** By which key both sides found that they have it. */
export type Scope = 'mirror' | 'carry'

/** What passes between two sides. */
export interface Flow {
  /** We tell what we have, and send all of it that is wanted. */
  readonly gives: boolean
  /** We want what the other side has and we lack. */
  readonly takes: boolean
}

const NONE: Flow = { gives: false, takes: false }
const BOTH: Flow = { gives: true, takes: true }

/**
 * What passes under a key. Members of a room replicate in their session and need nothing here; whoever knows only the
 * carriers' key gives what it carries and is given nothing but what is handed to it, parcel by parcel; a member's
 * regular wants what carriers have, too.
 */
export function flow(scope: Scope, ours: Kind, theirs: Kind): Flow {
  if (scope === 'mirror') return ours === 'room' && theirs === 'room' ? NONE : BOTH
  const brings = theirs === 'carried' || theirs === 'regular'
  if (ours === 'carried') return { gives: theirs !== 'carried', takes: false }
  if (ours === 'regular') return { gives: theirs !== 'carried', takes: brings }
  return { gives: false, takes: brings }
}
