import type { ServerResponse } from 'node:http'
import type { EngineApi, EngineEvents } from '../../core/api.ts'
import { every, type Clock, type Timer } from '../../core/clock.ts'
import { PorchlightError } from '../../core/errors.ts'
import { EventLog } from './event-log.ts'
import { EventStream } from './event-stream.ts'

const MAX_STREAMS = 32
const HEARTBEAT = 15_000

/** Hands the engine's events to every open stream. Owns the streams: `close` ends them. */
export class EventHub {
  readonly #clock: Clock
  readonly #log: EventLog
  readonly #streams = new Set<EventStream>()
  readonly #heartbeat: Timer
  #detach: () => void = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
    this.#log = new EventLog(Math.floor(clock.now()) * 1000)
    this.#heartbeat = every(clock, HEARTBEAT, () => {
      for (const stream of this.#streams) stream.beat()
    })
  }

  /**
   * Hands on the events of this engine, or (null, the node is locked) of none. What an engine before said is
   * forgotten: it holds messages. Every reader is told to fetch anew what it shows.
   */
  follow(engine: EngineApi | null): void {
    this.#detach()
    this.#detach = engine ? this.#attach(engine) : () => {}
    this.#announce(() => this.#log.forget())
  }

  /** Everything was erased: whoever shows something lets go of it. */
  announceWipe(): void {
    // Told of the loss first: a reader goes on from there, with what comes after it.
    this.#announce(() => this.#log.forget())
    this.#announce(() => this.#log.append('wiped', {}))
  }

  get streams(): number {
    return this.#streams.size
  }

  /** Takes over a response. `lastId` is the Last-Event-ID header. Errors: OVERLOADED. */
  open(response: ServerResponse, lastId: string | undefined): void {
    if (this.#streams.size >= MAX_STREAMS) {
      throw new PorchlightError('OVERLOADED', 'Too many open event streams: close a tab or two.')
    }
    const from =
      lastId === undefined ? this.#log.lastId : /^\d{1,16}$/.test(lastId) ? Number(lastId) : -1
    const stream = new EventStream(response, this.#log, from, this.#clock)
    this.#streams.add(stream)
    response.once('close', () => {
      this.#streams.delete(stream)
      stream.close()
    })
  }

  close(): void {
    this.#detach()
    this.#heartbeat.cancel()
    for (const stream of this.#streams) stream.close()
    this.#streams.clear()
  }

  #attach(engine: EngineApi): () => void {
    const listeners: { [E in keyof EngineEvents]: (...args: EngineEvents[E]) => void } = {
      room: (roomId) => this.#announce(() => this.#log.append('room', { roomId })),
      timeline: (change) => this.#announce(() => this.#log.append('timeline', change)),
      delivery: (roomId) => this.#announce(() => this.#log.append('delivery', { roomId })),
      peers: () => this.#announce(() => this.#log.append('peers', {})),
      transports: () => this.#announce(() => this.#log.append('transports', {})),
      people: () => this.#announce(() => this.#log.append('people', {})),
      pairing: () => this.#announce(() => this.#log.append('pairing', {})),
      mirrors: () => this.#announce(() => this.#log.append('mirrors', {}, 'mirrors')),
      // Progress: of a reader that is behind, nobody wants the one before.
      files: (change) =>
        this.#announce(() => {
          const ids = change.files.map(({ id }) => id).sort()
          this.#log.append('files', change, [change.roomId, ...ids].join())
        }),
    }
    engine.on('room', listeners.room)
    engine.on('timeline', listeners.timeline)
    engine.on('delivery', listeners.delivery)
    engine.on('peers', listeners.peers)
    engine.on('transports', listeners.transports)
    engine.on('people', listeners.people)
    engine.on('pairing', listeners.pairing)
    engine.on('files', listeners.files)
    engine.on('mirrors', listeners.mirrors)
    return () => {
      engine.off('room', listeners.room)
      engine.off('timeline', listeners.timeline)
      engine.off('delivery', listeners.delivery)
      engine.off('peers', listeners.peers)
      engine.off('transports', listeners.transports)
      engine.off('people', listeners.people)
      engine.off('pairing', listeners.pairing)
      engine.off('files', listeners.files)
      engine.off('mirrors', listeners.mirrors)
    }
  }

  #announce(append: () => void): void {
    append()
    for (const stream of this.#streams) stream.pump()
  }
}
