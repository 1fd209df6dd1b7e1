import { EventEmitter } from 'node:events'
import type { KeyPair } from 'hypercore'
import type Protomux from 'protomux'
import { every } from '../clock.ts'
import type { Clock, Timer } from '../clock.ts'
import { PorchlightError } from '../errors.ts'
import type { Link } from '../transport.ts'
import { FlatMux } from './flat-mux.ts'
import { MeteredStream } from './metered-stream.ts'
import { NarrowStream } from './narrow-stream.ts'
import { paceOf } from './pace.ts'
import type { Pace } from './pace.ts'
import type { Urgency } from './urgency.ts'

/** Longest frame of one that knows a room's secret: the longest entry of its control log, and some more. */
const FRAME_GUEST = 256 * 1024
/** Longest frame of a peer that shares a room: a bulk range, a batch of blocks. */
const FRAME_MEMBER = 2 * 1024 * 1024
/** Bytes more that a stranger may send each second. */
const STRANGER_RATE = 1024
/** The same for a guest, who may bring what we lack of the control log, itself being named there. */
const GUEST_BYTES = 4 * 1024 * 1024
const GUEST_RATE = 16 * 1024
/** The same for one that has a mirror in common: it says what it has; what is asked of it counts apart. */
const MIRROR_BYTES = 2 * 1024 * 1024
const MIRROR_RATE = 8 * 1024
/** Bytes that a peer may leave unread before it is dropped. */
const UNREAD_STRANGER = 512 * 1024
const UNREAD_MIRROR = 2 * 1024 * 1024
const UNREAD_GUEST = 4 * 1024 * 1024
const UNREAD_MEMBER = 64 * 1024 * 1024
/** The same over a narrow link, which would take minutes for it. */
const UNREAD_NARROW = 8 * 1024 * 1024
const HANDSHAKE_TIMEOUT = 5_000
/** How often silence is looked at. */
const TICK = 1_000

/**
 * What a peer has shown: nothing; that it knows a mirror's key; that it knows a room's secret, as bearers of its invites
 * do; that it is a member.
 */
export type Standing = 'stranger' | 'mirror' | 'guest' | 'member'

const UNREAD = {
  stranger: UNREAD_STRANGER,
  mirror: UNREAD_MIRROR,
  guest: UNREAD_GUEST,
  member: UNREAD_MEMBER,
}
const RATE = { stranger: STRANGER_RATE, mirror: MIRROR_RATE, guest: GUEST_RATE, member: 0 }

export interface ConnectionEvents {
  close: [reason: string]
  /** Nothing was heard for some seconds. */
  suspect: []
  /** Once a second while open: the session pings when it wrote nothing. */
  tick: []
}

/** A link after the Noise XX handshake: authenticated by a key that is fresh at each start, multiplexed. */
export class Connection extends EventEmitter<ConnectionEvents> {
  readonly transport: string
  readonly cost: number
  /** What the other end can not choose freely, as its transport says. */
  readonly address: string
  /** See Link. */
  readonly metered: boolean
  /** See Link. */
  readonly narrow: boolean
  /** How long it may be silent, and how often something is said at least. */
  readonly pace: Pace
  readonly initiator: boolean
  readonly remoteKey: Buffer
  /** 64 bytes that only the two ends know of this connection: proofs are bound to it. */
  readonly handshakeHash: Buffer
  /** Wall-clock milliseconds at which the handshake was done. */
  readonly since: number
  readonly #stream: MeteredStream
  readonly #clock: Clock
  readonly #ticker: Timer
  #mux: Protomux | null = null
  #heardBytes = 0
  #heardAt: number
  #suspected = false
  #standing: Standing = 'stranger'
  #reason = 'the peer went away'

  private constructor(link: Link, stream: MeteredStream, clock: Clock) {
    super()
    this.transport = link.transport
    this.cost = link.cost
    this.address = link.address
    this.metered = link.metered ?? false
    this.narrow = link.narrow ?? false
    this.pace = paceOf(this.narrow)
    this.initiator = link.initiator
    this.#stream = stream
    this.#clock = clock
    this.remoteKey = Buffer.from(stream.remotePublicKey)
    this.handshakeHash = Buffer.from(stream.handshakeHash)
    this.since = clock.now()
    this.#heardAt = clock.monotonic()
    this.#ticker = every(clock, TICK, () => this.#listen())
    stream.once('close', () => {
      this.#ticker.cancel()
      this.emit('close', this.#reason)
    })
  }

  /**
   * Runs the handshake. Errors: `TIMED_OUT` after 5 s, `UNREACHABLE` when the other side fails it or goes;
   * the link is destroyed then, as it is when `signal` aborts.
   */
  static async open(
    link: Link,
    keyPair: KeyPair,
    options: { clock: Clock; signal: AbortSignal },
  ): Promise<Connection> {
    const Stream = link.narrow === true ? NarrowStream : MeteredStream
    const stream = new Stream(link.initiator, link.stream, { keyPair })
    // What goes wrong shows as `close`; without a listener it would be thrown.
    stream.on('error', () => {})
    let timedOut = false
    const timer = options.clock.after(HANDSHAKE_TIMEOUT, () => {
      timedOut = true
      stream.destroy(null)
    })
    const abort = (): unknown => stream.destroy(null)
    if (options.signal.aborted) abort()
    options.signal.addEventListener('abort', abort, { once: true })
    const opened = await stream.opened
    timer.cancel()
    options.signal.removeEventListener('abort', abort)
    if (!opened) {
      stream.destroy(null)
      throw timedOut
        ? new PorchlightError('TIMED_OUT', 'The other side did not finish the handshake in time.')
        : new PorchlightError('UNREACHABLE', 'The other side ended the handshake.')
    }
    return new Connection(link, stream, options.clock)
  }

  /**
   * The channels. Made at the first call, and what the peer sent is read from then on: whoever calls declares
   * its channel in the same tick, or the peer's is refused.
   */
  get mux(): Protomux {
    if (!this.#mux) {
      this.#mux = new FlatMux(this.#stream)
      if (this.#stream instanceof NarrowStream) this.#stream.carry(this.#mux)
    }
    return this.#mux
  }

  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.destroying
  }

  /** Milliseconds since the last byte from the peer. */
  get silence(): number {
    this.#noteHeard()
    return this.#clock.monotonic() - this.#heardAt
  }

  /** True while nothing was heard for longer than a live peer is silent. */
  get silent(): boolean {
    return this.silence > this.pace.silent
  }

  get standing(): Standing {
    return this.#standing
  }

  /** The peer proved that it knows a mirror's key: it may say what it has of that. */
  acquaint(): void {
    if (this.#standing !== 'stranger') return
    this.#standing = 'mirror'
    this.#stream.meter.allowance += MIRROR_BYTES
  }

  /** So many bytes more may come, in frames as long as a guest's: they were asked for. Below 0: they are not waited for any more. */
  expect(bytes: number): void {
    const { meter } = this.#stream
    meter.limit = Math.max(meter.limit, FRAME_GUEST)
    meter.allowance += bytes
  }

  /** The peer proved that it knows a room's secret: it may bring entries of its control log. */
  welcome(): void {
    if (this.#standing !== 'stranger' && this.#standing !== 'mirror') return
    this.#standing = 'guest'
    this.#stream.meter.limit = FRAME_GUEST
    this.#stream.meter.allowance += GUEST_BYTES
  }

  /** The peer is a member of a room: larger frames are allowed from now on, and as many as it likes. */
  trust(): void {
    this.#standing = 'member'
    this.#stream.meter.limit = FRAME_MEMBER
    this.#stream.meter.allowance = Infinity
  }

  /** So many bytes more may come, in frames no longer than before. */
  allow(bytes: number): void {
    this.#stream.meter.allowance += bytes
  }

  /** Says how urgent the messages of a channel are (by name, in the order of their declaration), where a link is narrow. */
  rank(
    protocol: string,
    messages: object,
    urgencies: Readonly<Record<string, Urgency | undefined>>,
  ): void {
    if (this.#stream instanceof NarrowStream) {
      this.#stream.urgencies.declare(protocol, messages, urgencies)
    }
  }

  /** True while the link can take more of what is not urgent. */
  get roomy(): boolean {
    return this.#stream instanceof NarrowStream ? this.#stream.roomy : this.mux.drained
  }

  /** Resolves when the link can take more of what is not urgent, or is gone. */
  drained(): Promise<void> {
    if (this.closed || this.roomy) return Promise.resolve()
    const event = this.narrow ? 'roomy' : 'drain'
    return new Promise((resolve) => {
      const done = (): void => {
        this.#stream.removeListener(event, done)
        this.#stream.removeListener('close', done)
        resolve()
      }
      this.#stream.on(event, done)
      this.#stream.on('close', done)
    })
  }

  /** Ends the connection at once; `close` fires with `reason`. */
  close(reason: string): void {
    if (this.closed) return
    this.#reason = reason
    this.#stream.destroy(null)
  }

  /** Ends the connection after what was written has left. */
  end(reason: string): void {
    this.#reason = reason
    this.#stream.end(null)
  }

  #noteHeard(): void {
    if (this.#stream.rawBytesRead === this.#heardBytes) return
    this.#heardBytes = this.#stream.rawBytesRead
    this.#heardAt = this.#clock.monotonic()
    this.#suspected = false
  }

  #listen(): void {
    this.#stream.meter.allowance += RATE[this.#standing]
    const unread = UNREAD[this.#standing]
    if (this.#stream.unsent > (this.narrow ? Math.min(unread, UNREAD_NARROW) : unread)) {
      return this.close('the peer reads nothing')
    }
    const silence = this.silence
    if (silence >= this.pace.dead) return this.close('nothing was heard from the peer')
    if (silence >= this.pace.suspect && !this.#suspected) {
      this.#suspected = true
      this.emit('suspect')
    }
    this.emit('tick')
  }
}
