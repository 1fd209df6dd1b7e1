import type { Clock, Timer } from '../../clock.ts'

/** How long news of what a peer has is gathered, after such that was looked at. */
const DELAY = 50

/** Gathers the roots (hex) of which a peer said something: each look may go through all chunks of an item. */
export class PeerNews {
  readonly #clock: Clock
  readonly #look: (root: string) => void
  readonly #roots = new Set<string>()
  #lookedAt = -Infinity
  #timer: Timer | null = null

  constructor(clock: Clock, look: (root: string) => void) {
    this.#clock = clock
    this.#look = look
  }

  note(root: string): void {
    this.#roots.add(root)
    const wait = Math.max(0, this.#lookedAt + DELAY - this.#clock.monotonic())
    this.#timer ??= this.#clock.after(wait, () => {
      this.#timer = null
      this.#lookedAt = this.#clock.monotonic()
      const roots = [...this.#roots]
      this.#roots.clear()
      for (const one of roots) this.#look(one)
    })
  }

  close(): void {
    this.#timer?.cancel()
  }
}
