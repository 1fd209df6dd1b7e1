/** Lets many work on a place at once, or one move it away from under them. */
export class Gate {
  #working = 0
  #waiting: (() => void)[] = []
  #alone: Promise<unknown> = Promise.resolve()
  #moving = false

  /** Runs `work` while nobody moves the place. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    while (this.#moving) await this.#alone.catch(() => {})
    this.#working++
    try {
      return await work()
    } finally {
      if (--this.#working === 0) for (const wake of this.#waiting.splice(0)) wake()
    }
  }

  /** Runs `work` once all other work is over, before any that comes later. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#moving) await this.#alone.catch(() => {})
    this.#moving = true
    const done = (async () => {
      while (this.#working > 0) await new Promise<void>((wake) => this.#waiting.push(wake))
      try {
        return await work()
      } finally {
        this.#moving = false
      }
    })()
    this.#alone = done
    return done
  }
}
