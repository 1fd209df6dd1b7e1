import { Causality } from './causality.ts'
import { Course } from './course.ts'
import { ClaimBook } from './cut.ts'
import type { Entry } from './entry.ts'
import type { RoomState } from './room-state.ts'

/** Passes after which claims that take back each other all stand. */
const MAX_PASSES = 8

interface Pass {
  readonly heeded: ClaimBook
  readonly course: Course
  /** Its claims are heeded whatever it claims itself. */
  readonly last: boolean
}

/**
 * The room as its entries in their order tell it: pure, the same on every node. An act against someone also
 * takes back what they did before it without the author's knowledge; so the entries are gone through again with
 * what the pass before claimed, until nothing changes. Of claims that never settle, all stand.
 */
export class Judge {
  readonly #causality = new Causality()
  readonly #entries: Entry[] = []
  #passes: Pass[] = []

  constructor() {
    this.#begin(new ClaimBook(), false)
  }

  /** The next entries of the room's order; each pass goes on where it was while its claims stay the same. */
  hear(entries: readonly Entry[]): this {
    for (const entry of entries) {
      this.#causality.add(entry)
      this.#entries.push(entry)
    }
    for (let n = 0; n < this.#passes.length; n++) {
      const pass = this.#passes[n]!
      for (const entry of entries) pass.course.step(entry)
      if (pass.last) break
      const next = this.#passes[n + 1]
      if (next && next.heeded.print === this.#nextHeeded(n).print) continue
      this.#passes.length = n + 1
      this.#settle()
      break
    }
    return this
  }

  /** The room by the last pass. */
  state(): RoomState {
    return this.#passes.at(-1)!.course.state()
  }

  /** Goes on from the last pass until one claims what it heeded. */
  #settle(): void {
    for (;;) {
      const n = this.#passes.length - 1
      const { heeded, course, last } = this.#passes[n]!
      if (last || course.claims.print === heeded.print) return
      this.#begin(this.#nextHeeded(n), n + 1 === MAX_PASSES)
      for (const entry of this.#entries) this.#passes[n + 1]!.course.step(entry)
    }
  }

  #nextHeeded(n: number): ClaimBook {
    const { course, heeded } = this.#passes[n]!
    const claims = new ClaimBook().join(course.claims)
    if (n + 1 < MAX_PASSES) return claims
    return claims.join(heeded).confine(course.claims).confine(heeded)
  }

  #begin(heeded: ClaimBook, last: boolean): void {
    this.#passes.push({ heeded, course: new Course(this.#causality, heeded), last })
  }
}

/** The verdict on a room's entries. */
export function judge(entries: readonly Entry[]): RoomState {
  return new Judge().hear(entries).state()
}
