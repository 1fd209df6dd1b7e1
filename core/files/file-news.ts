import type { Clock, Timer } from '../clock.ts'

/** How long news of one item is gathered. */
const GATHER = 250

/** Gathers which items of which rooms moved on, so that readers hear of each at most four times a second. */
export class FileNews {
  readonly #clock: Clock
  readonly #tell: (roomId: string, roots: ReadonlySet<string>) => void
  readonly #rooms = new Map<string, Set<string>>()
  #timer: Timer | null = null

  constructor(clock: Clock, tell: (roomId: string, roots: ReadonlySet<string>) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** An item (its root in hex) of a room moved on. */
  note(roomId: string, root: string): void {
    const roots = this.#rooms.get(roomId) ?? new Set()
    this.#rooms.set(roomId, roots.add(root))
    this.#timer ??= this.#clock.after(GATHER, () => this.#flush())
  }

  close(): void {
    this.#timer?.cancel()
    this.#rooms.clear()
  }

  #flush(): void {
    this.#timer = null
    const rooms = [...this.#rooms]
    this.#rooms.clear()
    for (const [roomId, roots] of rooms) this.#tell(roomId, roots)
  }
}
