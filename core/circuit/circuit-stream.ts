import { Duplex } from 'streamx'
import type { Leg, LegSink } from './leg.ts'
import type { Close } from './messages.ts'

type Callback = (error: Error | null) => void

/** This device's end of a circuit: an ordinary duplex. */
export class CircuitStream extends Duplex implements LegSink {
  /** Why the circuit ended, as the other side said; null while it did not. */
  reason: Close | null = null
  readonly #leg: Leg
  #unread = 0

  constructor(leg: Leg) {
    super()
    this.#leg = leg
    leg.own = true
    leg.join(this)
    // What goes wrong shows as `close`.
    this.on('error', () => {})
  }

  ondata(data: Buffer, cost: number): void {
    this.#unread += cost
    if (this.destroying || this.push(data)) this.#consume()
  }

  onclose(reason: Close): void {
    this.reason = reason
    if (reason === 'ended') this.push(null)
    else this.destroy()
  }

  ongone(): void {}

  override end(data?: unknown): this {
    return super.end(data)
  }

  override _write(data: unknown, cb: Callback): void {
    this.#leg.write(data as Buffer, () => cb(null))
  }

  override _read(cb: Callback): void {
    cb(null)
    this.#consume()
  }

  override _final(cb: Callback): void {
    this.#leg.end()
    cb(null)
  }

  // Not in _destroy: streamx waits there for a pending write, which a circuit without credit would never take.
  override _predestroy(): void {
    this.#leg.abort('gone')
  }

  #consume(): void {
    const cost = this.#unread
    this.#unread = 0
    if (cost > 0) this.#leg.consumed(cost)
  }
}
