import type { Copy, LogHead, LogRange } from '../copy.ts'
import type { CopyGuard, Visitor } from '../exchange/shared-copy.ts'

/** A mirror that is held for others, to which somebody brings something by another way than a session: it is counted. */
export class GuardedCopy implements Copy {
  readonly id: string
  readonly #copy: Copy
  readonly #guard: CopyGuard
  readonly #visitor: Visitor

  constructor(copy: Copy, guard: CopyGuard, visitor: Visitor) {
    this.id = copy.id
    this.#copy = copy
    this.#guard = guard
    this.#visitor = visitor
  }

  heads(): ReturnType<Copy['heads']> {
    return this.#copy.heads()
  }

  read(key: Buffer, from: number, max: number): ReturnType<Copy['read']> {
    return this.#copy.read(key, from, max)
  }

  wants(theirs: LogHead): ReturnType<Copy['wants']> {
    return this.#copy.wants(theirs)
  }

  store(range: LogRange): ReturnType<Copy['store']> {
    return this.#guard.store(range, this.#visitor)
  }

  notes(): ReturnType<Copy['notes']> {
    return this.#copy.notes()
  }

  note(statements: readonly Buffer[]): Promise<void> {
    return this.#guard.note(statements, this.#visitor)
  }

  async items(): ReturnType<Copy['items']> {
    return this.#guard.listed()
  }

  watch(onchange: () => void): () => void {
    return this.#copy.watch(onchange)
  }
}
