import { Duplex } from 'streamx'
import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { Lane } from './lane.ts'
import type { Path, Receiver } from './lane.ts'

/** Bytes that an end of a radio's link takes in ahead of the air. */
const NARROW_BUFFER = 2 * 1024

type Callback = (error: Error | null) => void

/** One end of a wire: a streamx duplex. */
export class WireEnd extends Duplex implements Receiver {
  #out!: Lane
  #incoming!: Lane
  #onclosed!: () => void

  /** Called once by the wire, before anyone else sees this end. */
  connect(out: Lane, incoming: Lane, onclosed: () => void): void {
    this.#out = out
    this.#incoming = incoming
    this.#onclosed = onclosed
  }

  take(segment: Uint8Array | null): boolean {
    return this.push(segment)
  }

  hungUp(): void {
    this.destroy()
  }

  /** Ends the writable side, after an optional last piece of data. */
  override end(data?: unknown): this {
    return super.end(data)
  }

  override _write(data: unknown, cb: Callback): void {
    this.#out.send(data as Uint8Array, () => cb(null))
  }

  override _read(cb: Callback): void {
    cb(null)
    this.#incoming.want()
  }

  override _final(cb: Callback): void {
    this.#out.end()
    cb(null)
  }

  // Not in _destroy: streamx waits there for a pending write, which a full window would never accept.
  override _predestroy(): void {
    this.#out.hangUp()
  }

  override _destroy(cb: Callback): void {
    cb(null)
    this.#onclosed()
  }
}

/** A simulated cable: two duplex ends with a lane each way; `onclosed` once both ends are destroyed. */
export class Wire {
  readonly ends: readonly [WireEnd, WireEnd]
  readonly #lanes: readonly [Lane, Lane]

  constructor(clock: Clock, random: Random, path: Path, onclosed: () => void) {
    const buffers = path.narrow === true ? { highWaterMark: NARROW_BUFFER } : {}
    const a = new WireEnd(buffers)
    const b = new WireEnd(buffers)
    const there = new Lane(clock, random, path, b)
    const back = new Lane(clock, random, path, a)
    let open = 2
    const closed = (): void => {
      if (--open === 0) onclosed()
    }
    a.connect(there, back, closed)
    b.connect(back, there, closed)
    this.ends = [a, b]
    this.#lanes = [there, back]
  }

  /** Black-holes both directions, or lets them flow again. */
  hold(held: boolean): void {
    for (const lane of this.#lanes) {
      if (held) lane.hold()
      else lane.unhold()
    }
  }

  /** Both ends close now, whatever is on the way. */
  cut(): void {
    for (const end of this.ends) end.destroy()
  }
}
