/** Links devices in radio reach over Bluetooth Low Energy. */
import { EventEmitter } from 'node:events'
import type { Clock } from '../../core/clock.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Random } from '../../core/random.ts'
import type {
  Recognising,
  Seeking,
  Transport,
  TransportEvents,
  TransportStatus,
} from '../../core/transport.ts'
import { BleNode } from './ble-node.ts'
import type { RecognitionKeys } from './ble-node.ts'
import type { Power } from './duty-policy.ts'
import { openGattLink } from './link/index.ts'
import type { Radio } from './radio.ts'
import { MAX_KEYS } from './resolver.ts'
import type { JoinedTopic } from './shown-topics.ts'

export interface BleTransportOptions {
  readonly radio: Radio
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** What the computer runs on now: with less of it the radio looks around less. Default: mains. */
  readonly power?: () => Power
}

const TOPIC_BYTES = 32
const COST = 30

export class BleTransport
  extends EventEmitter<TransportEvents>
  implements Transport, Seeking, Recognising
{
  readonly id = 'ble'
  readonly scope = 'nearby'
  readonly #options: BleTransportOptions
  /** By their hexadecimal, oldest first. */
  readonly #topics = new Map<string, JoinedTopic>()
  #keys: RecognitionKeys = { own: undefined, known: [] }
  #status: TransportStatus = { state: 'off' }
  #node: BleNode | undefined
  /** Starts and stops happen one after another. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: BleTransportOptions) {
    super()
    this.#options = options
  }

  get status(): TransportStatus {
    return this.#status
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#next(async () => {
      if (this.#node || signal?.aborted) return
      this.#say({ state: 'starting' })
      const node = this.#createNode()
      this.#node = node
      await node.open(signal)
      if (signal?.aborted) await this.#close(node)
    })
  }

  stop(): Promise<void> {
    return this.#next(async () => {
      if (this.#node) await this.#close(this.#node)
    })
  }

  join(topic: Uint8Array, { announce = true }: { announce?: boolean } = {}): void {
    if (topic.length !== TOPIC_BYTES) {
      throw new PorchlightError('BAD_TOPIC', `A topic has 32 bytes; this one has ${topic.length}.`)
    }
    const name = Buffer.from(topic).toString('hex')
    if (this.#topics.get(name)?.announce === announce) return
    this.#topics.delete(name)
    this.#topics.set(name, { topic: Uint8Array.from(topic), announce })
    this.#node?.topicsChanged()
  }

  leave(topic: Uint8Array): void {
    this.#topics.delete(Buffer.from(topic).toString('hex'))
  }

  seek(): void {
    this.#node?.seek()
  }

  recognise(own: Uint8Array, known: readonly Uint8Array[]): void {
    const before = this.#keys.own
    this.#keys = {
      own: Uint8Array.from(own),
      known: known.slice(0, MAX_KEYS).map((key) => Uint8Array.from(key)),
    }
    this.#node?.keysChanged(!before || Buffer.compare(before, own) !== 0)
  }

  #createNode(): BleNode {
    const { clock, random, logger, radio, power } = this.#options
    return new BleNode({
      clock,
      random,
      logger,
      radio,
      openLink: (channel) => openGattLink(channel, { clock, random }),
      power: () => power?.(),
      topics: () => [...this.#topics.values()],
      keys: () => this.#keys,
      onlink: (stream, initiator, contact) =>
        this.emit('link', {
          stream,
          initiator,
          transport: this.id,
          cost: COST,
          narrow: true,
          // Only who was told the recognition key could know this device again anyhow.
          anonymous: contact === null,
          // Strangers choose their addresses freely: together they have one share.
          address: contact === null ? 'radio' : `contact-${contact}`,
        }),
      onstatus: (status) => this.#say(status),
    })
  }

  async #close(node: BleNode): Promise<void> {
    this.#node = undefined
    await node.close()
    this.#say({ state: 'off' })
  }

  #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }

  #say(status: TransportStatus): void {
    if (status.state === this.#status.state && status.reason === this.#status.reason) return
    this.#status = status
    this.emit('status', status)
  }
}
