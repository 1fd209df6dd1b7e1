/** What this device advertises: an identifier and a key of its own for a quarter of an hour, then others. */
import type { Clock, Timer } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { errorCode } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import { createIdentity } from '../preface/instance-identity.ts'
import type { InstanceIdentity } from '../preface/instance-identity.ts'
import { advertisedId, encodeIdentifier, rotationDelay } from './identifier.ts'
import type { Radio } from './radio.ts'

export interface OwnIdentifierOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly radio: Radio
  /** The recognition key of this device, once core gave one. */
  readonly key: () => Uint8Array | undefined
  /** It has another identifier from now on. */
  readonly onrotate: () => void
}

export class OwnIdentifier {
  readonly #options: OwnIdentifierOptions
  #identity: InstanceIdentity
  #timer: Timer | undefined

  constructor(options: OwnIdentifierOptions) {
    this.#options = options
    this.#identity = createIdentity(options.random)
  }

  get identity(): InstanceIdentity {
    return this.#identity
  }

  /** The part that is advertised, hexadecimal. */
  get id(): string {
    return advertisedId(this.#identity.id)
  }

  /** Advertises under another identifier from now on, and again under others later. */
  rotate(): void {
    const { clock, random, radio, logger, key, onrotate } = this.#options
    this.#timer?.cancel()
    this.#timer = clock.after(rotationDelay(random), () => this.rotate())
    this.#identity = createIdentity(random)
    radio.identify(encodeIdentifier(this.id, key(), random)).catch((error: unknown) => {
      logger.warn('ble.identify', { code: errorCode(error) })
    })
    onrotate()
  }

  stop(): void {
    this.#timer?.cancel()
  }
}
