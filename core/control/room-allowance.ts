/**
 * What a room's control logs may cost all together. Whoever is let in by a member counts against whom that member
 * came in by, up to the one whom an admin or moderator let in: so a member who lets in invented people uses up
 * one allowance, however many they are. Admins and moderators are bounded by their own logs alone.
 */
import type Hyperbee from 'hyperbee'

/** Control logs of those who came in by one whom an admin or moderator let in. */
const MAX_BRANCH_WRITERS = 1_024
/** Control logs of a room that members let in, and with those that admins and moderators let in. */
const MAX_WRITERS = 4_096
const MAX_ALL_WRITERS = 6_144
/** Of these, such as no act that counts let in: it may come to count where an act against it is taken back. */
const MAX_STRAYS = 64
/** Entries of a control log that nobody let in by an act that counts. */
const MAX_STRAY_ENTRIES = 64
/** What each control log may hold although its branch, or the room, has used up its allowance. */
const FREE_BYTES = 16 * 1024
/** Bytes beyond that of one branch, and of all members. */
const MAX_BRANCH_BYTES = 64 * 1024 * 1024
const MAX_ROOM_BYTES = 192 * 1024 * 1024

/** View key `used/<8 bytes>` for a branch, `used/room` for all. */
interface Used {
  writers: number
  strays: number
  bytes: number
}

/** A control log that costs something: what it used up already, and its branch. */
export interface Payer {
  readonly branch: string
  readonly entries: number
  readonly bytes: number
}

/** How an author stands at that place: with an admin's or moderator's power, let in at all, or neither. */
export type Trust = 'trusted' | 'member' | 'stray'

/** True when an entry of this cost may be kept; then it is paid for. */
export async function pays(
  view: Hyperbee,
  payer: Payer,
  trust: Trust,
  cost: number,
): Promise<boolean> {
  if (trust === 'trusted') return true
  if (trust === 'stray' && payer.entries >= MAX_STRAY_ENTRIES) return false
  if (payer.bytes + cost <= FREE_BYTES) return true
  const [branch, room] = [await usedOf(view, payer.branch), await usedOf(view, 'room')]
  if (branch.bytes + cost > MAX_BRANCH_BYTES || room.bytes + cost > MAX_ROOM_BYTES) return false
  await view.put(`used/${payer.branch}`, { ...branch, bytes: branch.bytes + cost })
  await view.put('used/room', { ...room, bytes: room.bytes + cost })
  return true
}

/** True when one more control log may be let in to a branch; `trusted`: by an admin or moderator. */
export async function hasPlace(view: Hyperbee, branch: string, trusted: boolean): Promise<boolean> {
  const { writers } = await usedOf(view, 'room')
  if (writers >= (trusted ? MAX_ALL_WRITERS : MAX_WRITERS)) return false
  return (await usedOf(view, branch)).writers < MAX_BRANCH_WRITERS
}

/** Counts one more control log; false for a stray too many, which is not let in. */
export async function takePlace(view: Hyperbee, branch: string, stray: boolean): Promise<boolean> {
  const used = await usedOf(view, branch)
  if (stray && used.strays >= MAX_STRAYS) return false
  const strays = used.strays + (stray ? 1 : 0)
  await view.put(`used/${branch}`, { ...used, strays, writers: used.writers + 1 })
  const room = await usedOf(view, 'room')
  await view.put('used/room', { ...room, writers: room.writers + 1 })
  return true
}

async function usedOf(view: Hyperbee, who: string): Promise<Used> {
  const used = (await view.get(`used/${who}`))?.value as Used | undefined
  return used ?? { writers: 0, strays: 0, bytes: 0 }
}
