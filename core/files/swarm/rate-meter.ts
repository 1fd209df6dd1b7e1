/** How far back a rate looks, in ms. */
const SPAN = 3_000
/** Less time than this says nothing of a rate. */
const SHORTEST = 250

/** Bytes a second, smoothed: what came counts less the longer ago it was. Time is passed in. */
export class RateMeter {
  #since: number | null = null
  #at = 0
  #sum = 0

  add(now: number, bytes: number): void {
    this.#since ??= now
    this.#decay(now)
    this.#sum += bytes
  }

  /** 0 while too little is known. */
  rate(now: number): number {
    if (this.#since === null) return 0
    this.#decay(now)
    const age = now - this.#since
    // At the start the sum lacks what never was: it is set right for that.
    const seen = SPAN * (1 - Math.exp(-Math.max(SHORTEST, age) / SPAN))
    return (this.#sum * 1_000) / seen
  }

  /** Begins anew, after a pause that is nobody's fault. */
  reset(): void {
    this.#since = null
    this.#sum = 0
  }

  #decay(now: number): void {
    if (now > this.#at) this.#sum *= Math.exp((this.#at - now) / SPAN)
    this.#at = now
  }
}
