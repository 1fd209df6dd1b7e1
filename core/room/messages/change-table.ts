import type { Place } from '../place.ts'
import { GrowingList } from './growing-list.ts'

/** What one record does to a message. */
export type ChangeKind = 'edit' | 'delete' | 'react'

/** A change to a message, and where it stands. */
export interface Change extends Place {
  readonly kind: ChangeKind
  /** An edit names this device's person; a reaction is given, not taken back. */
  readonly flag: boolean
  /** Of a reaction. */
  readonly emoji: string
}

/**
 * How many changes of a kind one log has in any one message: the first ones count, whatever the order in which
 * logs arrive.
 */
export const MAX_CHANGES: Readonly<Record<ChangeKind, number>> = {
  edit: 256,
  delete: 4,
  react: 256,
}

const KINDS: readonly ChangeKind[] = ['edit', 'delete', 'react']
/** No place; also the largest sequence that is too large. */
const NONE = 0xffff_ffff

/**
 * Changes by the message that they are of, in columns: a message has a chain of *slots*, one for each log that
 * changed it, and a slot has a chain of changes, the newest first. About 28 bytes a change beside its message's id.
 */
export class ChangeTable {
  readonly #heads = new Map<string, number>()
  readonly #logs = new Names()
  readonly #emoji = new Names()
  readonly #slotLog = new GrowingList()
  readonly #slotFirst = new GrowingList()
  readonly #slotNext = new GrowingList()
  readonly #seq = new GrowingList()
  /** Kind in two bits, the flag in one, and the emoji's number. */
  readonly #what = new GrowingList()
  readonly #next = new GrowingList()

  /** False when it is there already, or is one too many. */
  add(target: string, change: Change): boolean {
    if (change.seq >= NONE) return false
    const slot = this.#slot(target, this.#logs.number(change.log))
    const kind = KINDS.indexOf(change.kind)
    let count = 0
    for (let at = this.#slotFirst.get(slot); at !== NONE; at = this.#next.get(at)) {
      if (this.#seq.get(at) === change.seq) return false
      if ((this.#what.get(at) & 3) === kind) count++
    }
    if (count >= MAX_CHANGES[change.kind]) return false
    this.#seq.push(change.seq)
    this.#what.push(kind | (Number(change.flag) << 2) | (this.#emoji.number(change.emoji) << 3))
    this.#slotFirst.set(slot, this.#next.push(this.#slotFirst.get(slot)))
    return true
  }

  /** All changes of a message, in no order. */
  of(target: string): Change[] {
    const changes: Change[] = []
    const head = this.#heads.get(target) ?? NONE
    for (let slot = head; slot !== NONE; slot = this.#slotNext.get(slot)) {
      const log = this.#logs.name(this.#slotLog.get(slot))
      for (let at = this.#slotFirst.get(slot); at !== NONE; at = this.#next.get(at)) {
        const what = this.#what.get(at)
        changes.push({
          kind: KINDS[what & 3]!,
          log,
          seq: this.#seq.get(at),
          flag: (what & 4) !== 0,
          emoji: this.#emoji.name(what >>> 3),
        })
      }
    }
    return changes
  }

  targets(): Iterable<string> {
    return this.#heads.keys()
  }

  /** The slot of a log in a message; made when there is none. */
  #slot(target: string, log: number): number {
    const head = this.#heads.get(target) ?? NONE
    for (let slot = head; slot !== NONE; slot = this.#slotNext.get(slot)) {
      if (this.#slotLog.get(slot) === log) return slot
    }
    const slot = this.#slotLog.push(log)
    this.#slotFirst.push(NONE)
    this.#slotNext.push(head)
    this.#heads.set(target, slot)
    return slot
  }
}

/** Numbers for names. */
class Names {
  readonly #numbers = new Map<string, number>()
  readonly #names: string[] = []

  number(name: string): number {
    let number = this.#numbers.get(name)
    if (number === undefined) {
      number = this.#names.push(name) - 1
      this.#numbers.set(name, number)
    }
    return number
  }

  name(number: number): string {
    return this.#names[number]!
  }
}
