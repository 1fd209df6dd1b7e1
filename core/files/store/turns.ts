/** Work on one thing after another, in the order in which it was asked for; on different things at once. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `work` once all that was asked for `of` before is over, however it ended. */
  run<T>(of: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(of) ?? Promise.resolve()
    const done = before.then(work)
    const over = done.then(
      () => {},
      () => {},
    )
    this.#last.set(of, over)
    void over.then(() => {
      if (this.#last.get(of) === over) this.#last.delete(of)
    })
    return done
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values())
  }
}
