/**
 * Runs one piece of work at a time; a wake in the middle of a run makes it run once more. That the run is over
 * and that no wake came are seen in one tick, so none is lost. `run` handles its own errors.
 */
export class Job {
  readonly #run: () => Promise<void>
  #running: Promise<void> | null = null
  #again = false

  constructor(run: () => Promise<void>) {
    this.#run = run
  }

  /** The run under way; null while there is none. */
  get running(): Promise<void> | null {
    return this.#running
  }

  /** Resolves when a run that began after this call is over. */
  wake(): Promise<void> {
    this.#again = true
    this.#running ??= this.#loop()
    return this.#running
  }

  async #loop(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false
        await this.#run()
      }
    } finally {
      this.#running = null
    }
  }
}
