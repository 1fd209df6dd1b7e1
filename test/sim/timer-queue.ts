import type { Timer } from '../../core/clock.ts'

interface Entry {
  readonly due: number
  readonly order: number
  readonly fn: () => void
  cancelled: boolean
}

/** Timers in order of their due time, then of their making: a binary heap, cancelled ones dropped on the way out. */
export class TimerQueue {
  readonly #heap: Entry[] = []
  #made = 0

  add(due: number, fn: () => void): Timer {
    const entry: Entry = { due, order: this.#made++, fn, cancelled: false }
    this.#heap.push(entry)
    this.#up(this.#heap.length - 1)
    return { cancel: () => void (entry.cancelled = true) }
  }

  /** Takes out the first timer that is due by then, or null. */
  next(by: number): { readonly due: number; readonly fn: () => void } | null {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (!first.cancelled && first.due > by) return null
      this.#shift()
      if (!first.cancelled) return first
    }
    return null
  }

  #shift(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#down(0)
  }

  #up(i: number): void {
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.#swapIfBefore(i, parent)) return
      i = parent
    }
  }

  #down(i: number): void {
    for (;;) {
      const left = 2 * i + 1
      const right = left + 1
      if (left >= this.#heap.length) return
      const least = right < this.#heap.length && this.#before(right, left) ? right : left
      if (!this.#swapIfBefore(least, i)) return
      i = least
    }
  }

  #before(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i]!, this.#heap[j]!]
    return a.due < b.due || (a.due === b.due && a.order < b.order)
  }

  #swapIfBefore(child: number, parent: number): boolean {
    if (!this.#before(child, parent)) return false
    const held = this.#heap[child]!
    this.#heap[child] = this.#heap[parent]!
    this.#heap[parent] = held
    return true
  }
}
