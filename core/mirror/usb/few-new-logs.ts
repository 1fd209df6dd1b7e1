import { MAX_MIRROR_LOGS } from '../copy.ts'
import type { Copy, LogHead } from '../copy.ts'

/** Logs that one exchange with a medium may begin in a mirror. */
const AT_ONCE = 256
/** Beyond so many in a mirror only those begin that its depositors bring. */
const FROM_MEDIA = MAX_MIRROR_LOGS / 2

/**
 * A mirror that is held for others, to which a medium brings something: whoever had the medium may have put logs of
 * their own on it, and new ones are few, so that there are places left for those of the room's people.
 */
export class FewNewLogs implements Copy {
  readonly #copy: Copy
  readonly #known: ReadonlySet<string>
  readonly #begun = new Set<string>()
  /** Some were left out. */
  limited = false

  private constructor(copy: Copy, known: ReadonlySet<string>) {
    this.#copy = copy
    this.#known = known
  }

  static async of(copy: Copy): Promise<FewNewLogs> {
    const heads = await copy.heads()
    return new FewNewLogs(copy, new Set(heads.map(({ key }) => key.toString('hex'))))
  }

  get id(): string {
    return this.#copy.id
  }

  heads(): ReturnType<Copy['heads']> {
    return this.#copy.heads()
  }

  read(...which: Parameters<Copy['read']>): ReturnType<Copy['read']> {
    return this.#copy.read(...which)
  }

  async wants(theirs: LogHead): Promise<number | null> {
    const wanted = await this.#copy.wants(theirs)
    const hex = theirs.key.toString('hex')
    if (wanted === null || this.#known.has(hex) || this.#begun.has(hex)) return wanted
    if (this.#begun.size >= Math.min(AT_ONCE, FROM_MEDIA - this.#known.size)) {
      this.limited = true
      return null
    }
    this.#begun.add(hex)
    return wanted
  }

  store(...range: Parameters<Copy['store']>): ReturnType<Copy['store']> {
    return this.#copy.store(...range)
  }

  notes(): ReturnType<Copy['notes']> {
    return this.#copy.notes()
  }

  note(statements: readonly Buffer[]): Promise<void> {
    return this.#copy.note(statements)
  }

  items(): ReturnType<Copy['items']> {
    return this.#copy.items()
  }

  watch(onchange: () => void): () => void {
    return this.#copy.watch(onchange)
  }
}
