import { hash } from '../../crypto/hash.ts'
import { MAX_NOTES } from '../copy.ts'
import type { Visitor } from '../exchange/shared-copy.ts'
import { notesThatStay } from '../policy/note-places.ts'
import { shortOf } from '../short-name.ts'
import { FROM } from './account.ts'
import type { HeldNote } from './account.ts'
import type { HeldMirror } from './held-mirror.ts'

/** How long a join statement waits for a member. */
const NOTE_KEPT = 30 * 24 * 60 * 60_000

/** Keeps statements that wait for a member; who brought most gives way. Errors: those of the disk. */
export async function keepNotes(
  held: HeldMirror,
  statements: readonly Buffer[],
  visitor: Visitor,
  now: number,
): Promise<void> {
  const { book, stored } = held
  const known = new Set(book.notes.map(nameOf))
  const news = new Map<string, Buffer>()
  for (const statement of statements.slice(0, MAX_NOTES)) {
    const name = shortOf(statement).toString('hex')
    if (!known.has(name)) news.set(name, statement)
  }
  if (news.size === 0) return
  const from = fromOf(visitor)
  const added = [...news.values()].map((one) => ({ name: shortOf(one), at: now, from }))
  const stay = notesThatStay([...book.notes, ...added], MAX_NOTES)
  const names = new Set(stay.map(nameOf))
  const before = await stored.notes()
  await stored.dropNotes(before.filter((one) => !names.has(shortOf(one).toString('hex'))))
  await stored.note([...news].flatMap(([name, one]) => (names.has(name) ? [one] : [])))
  // What it did not take is not said to be kept.
  const taken = new Set((await stored.notes()).map((one) => shortOf(one).toString('hex')))
  await setNotes(
    held,
    stay.filter((note) => taken.has(nameOf(note))),
  )
}

/** Lets go of statements by their short hashes. Errors: those of the disk. */
export async function dropNotes(held: HeldMirror, names: readonly Buffer[]): Promise<void> {
  const gone = new Set(names.map((name) => name.toString('hex')))
  const left = held.book.notes.filter((note) => !gone.has(nameOf(note)))
  if (left.length === held.book.notes.length) return
  const kept = await held.stored.notes()
  await held.stored.dropNotes(kept.filter((one) => gone.has(shortOf(one).toString('hex'))))
  await setNotes(held, left)
}

/** Those that have waited too long. */
export function notesOver({ book }: HeldMirror, now: number): Buffer[] {
  return book.notes.filter(({ at }) => at + NOTE_KEPT <= now).map(({ name }) => name)
}

async function setNotes(held: HeldMirror, notes: readonly HeldNote[]): Promise<void> {
  held.book.notes.splice(0, held.book.notes.length, ...notes)
  await held.save()
}

/** A key is free: only one that shares a room with this device counts for itself. */
function fromOf({ depositor, address, paired }: Visitor): Buffer {
  const who = paired && depositor ? depositor : Buffer.from(address)
  return hash([who], { size: 16 }).subarray(0, FROM)
}

function nameOf({ name }: HeldNote): string {
  return name.toString('hex')
}
