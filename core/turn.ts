/** Work on one thing at a time, in the order in which it was asked for; `Turns` has it for many things. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `work` once all that was asked for before is over, however it ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  /** Resolves once what was asked for until now is over. */
  async over(): Promise<void> {
    await this.#last
  }
}
