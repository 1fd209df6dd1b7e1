/** Thrown by a step that did not hold: what depends on it is left out, the rest of the scenario goes on. */
export class StepFailed extends Error {}

type Say = (line: string) => void

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

/** The steps of one run: says each as it ends, and the figures last. */
export class Steps {
  readonly #say: Say
  readonly #signal: AbortSignal
  readonly #figures: [name: string, value: string][] = []
  readonly failures: string[] = []
  #held = 0

  constructor(say: Say, signal: AbortSignal) {
    this.#say = say
    this.#signal = signal
  }

  /** True when every step held, and there was one. */
  get ok(): boolean {
    return this.failures.length === 0 && this.#held > 0
  }

  /** Runs a step and gives its result; throws StepFailed, after saying why, when it did not hold. */
  async step<T>(what: string, body: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted()
    const from = performance.now()
    try {
      const result = await this.#unlessAborted(body())
      this.#held++
      this.#say(`✓ ${what} (${seconds(performance.now() - from)})`)
      return result
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.failures.push(`${what}: ${why}`)
      this.#say(
        `✗ ${what} (${seconds(performance.now() - from)})\n    ${why.replaceAll('\n', '\n    ')}`,
      )
      throw new StepFailed(what)
    }
  }

  /** Runs a part of the scenario that later parts do not depend on; gives whether its steps held. */
  async part(name: string, body: () => Promise<void>): Promise<boolean> {
    this.#say(`— ${name}`)
    try {
      await body()
      return true
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      return false
    }
  }

  /** Notes a measurement, to be printed at the end; it decides nothing. */
  figure(name: string, value: number, unit: string): void {
    this.#figures.push([name, `${Number(value.toPrecision(3))} ${unit}`])
  }

  /** Prints the figures and the outcome. */
  finish(): void {
    const width = Math.max(0, ...this.#figures.map(([name]) => name.length))
    if (width > 0) this.#say('')
    for (const [name, value] of this.#figures) this.#say(`${name.padEnd(width)}  ${value}`)
    const count = `${this.#held} steps held`
    const failed = this.failures.length
    this.#say(failed === 0 ? `\n${count}.` : `\n${count}, ${failed} did not.`)
  }

  #unlessAborted<T>(work: Promise<T>): Promise<T> {
    const signal = this.#signal
    let onabort: (() => void) | undefined
    const aborted = new Promise<never>((_, reject) => {
      onabort = () => reject(new Error('interrupted'))
      signal.addEventListener('abort', onabort)
    })
    return Promise.race([work, aborted]).finally(() => {
      signal.removeEventListener('abort', onabort!)
    })
  }
}
