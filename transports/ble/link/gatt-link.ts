import { Duplex } from 'streamx'
import type { Clock, Timer } from '../../../core/clock.ts'
import type { PorchlightError } from '../../../core/errors.ts'
import type { Random } from '../../../core/random.ts'
import type { RadioChannel } from '../radio.ts'
import { Session } from './session.ts'
import type { LinkFigures } from './session.ts'

/** Bytes written at which a writer is asked to wait: what waits here, a short message waits behind. */
const WRITE_AHEAD = 2 * 1024
/** Milliseconds that a reader has for what came before both ends closed. */
const READ_WITHIN = 30_000

export interface GattLinkOptions {
  readonly clock: Clock
  readonly random: Random
}

type Done = (error: Error | null) => void

/** A reliable, ordered duplex over one GATT channel, which it owns. */
export class GattLink extends Duplex {
  readonly #clock: Clock
  readonly #session: Session
  /** What arrived and nobody asked for yet. */
  readonly #arrived: Buffer[] = []
  #wanted = false
  #ended = false
  #over = false
  #said = false
  #written: Done | null = null
  #final: Done | null = null
  #reading: Timer | null = null

  constructor(channel: RadioChannel, { clock, random }: GattLinkOptions) {
    super({ highWaterMark: WRITE_AHEAD })
    this.#clock = clock
    // What ends it shows as `close`; without a listener it would be thrown.
    this.on('error', () => {})
    this.#session = new Session(channel, clock, random, {
      bytes: (bytes) => {
        this.#arrived.push(bytes)
        this.#feed()
      },
      ended: () => {
        this.#ended = true
        this.#feed()
      },
      room: () => this.#goOn(),
      flushed: () => this.#finish(),
      over: (error) => this.#onover(error),
    })
  }

  get figures(): LinkFigures {
    return this.#session.figures
  }

  override end(data?: unknown): this {
    return super.end(data)
  }

  override _read(done: Done): void {
    this.#wanted = true
    this.#feed()
    done(null)
  }

  override _write(data: unknown, done: Done): void {
    this.#written = done
    this.#session.write(data as Uint8Array)
  }

  override _final(done: Done): void {
    this.#said = true
    this.#final = done
    this.#session.end()
  }

  override _predestroy(): void {
    this.#leave()
  }

  override _destroy(done: Done): void {
    this.#leave()
    done(null)
  }

  /** Hands over what is wanted. */
  #feed(): void {
    while (this.#wanted) {
      const bytes = this.#arrived.shift()
      if (bytes === undefined) break
      this.#wanted = this.push(bytes)
      this.#session.taken(bytes.byteLength)
    }
    if (!this.#ended || this.#over || this.#arrived.length > 0) return
    this.#over = true
    this.push(null)
  }

  #goOn(): void {
    const done = this.#written
    this.#written = null
    done?.(null)
  }

  #finish(): void {
    const done = this.#final
    this.#final = null
    done?.(null)
  }

  #onover(error: PorchlightError | null): void {
    if (error !== null || !this.#ended || !this.#said) {
      this.destroy(error ?? undefined)
      return
    }
    // Both said all that they wanted: what arrived is still there to be read.
    this.#finish()
    this.#reading = this.#clock.after(READ_WITHIN, () => this.destroy())
  }

  #leave(): void {
    this.#reading?.cancel()
    this.#session.close()
    this.#arrived.length = 0
    const gone = new Error('The link was closed.')
    this.#written?.(gone)
    this.#final?.(gone)
    this.#written = this.#final = null
  }
}

/** Makes a link of a channel; what is written waits until the other end answered. */
export function openGattLink(channel: RadioChannel, options: GattLinkOptions): GattLink {
  return new GattLink(channel, options)
}
