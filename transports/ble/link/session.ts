import type { Clock, Timer } from '../../../core/clock.ts'
import { PorchlightError } from '../../../core/errors.ts'
import type { Random } from '../../../core/random.ts'
import type { RadioChannel } from '../radio.ts'
import { Alarm } from './alarm.ts'
import { Opening } from './opening.ts'
import { ACK_BYTES, HEADER_BYTES, SESSION_BYTES, decodePacket, encodePacket } from './packet.ts'
import type { Packet } from './packet.ts'
import { ReceiveWindow } from './receive-window.ts'
import type { Piece } from './receive-window.ts'
import { Sender } from './sender.ts'
import type { Sent } from './send-window.ts'
import { UselessBudget } from './useless-budget.ts'
import { Watch } from './watch.ts'
import { WORDS } from './watch-policy.ts'

/** Milliseconds that the channel stays after the closing packet, so that it leaves. */
const LINGER = 300
const NO_BYTES = Buffer.alloc(0)

export interface SessionEvents {
  /** Bytes of the other end, in order; `taken` is told of them once the reader has them. */
  bytes(bytes: Buffer): void
  /** The other end's writer ended. */
  ended(): void
  /** Less than a packet waits to be sent. */
  room(): void
  /** All bytes and the end arrived at the other end. */
  flushed(): void
  /** Once, not after `close`: by an error, or the other end is gone. */
  over(error: PorchlightError | null): void
}

/** How a link does. */
export interface LinkFigures {
  /** Milliseconds; 0 before anything was measured. */
  readonly roundTrip: number
  /** Bytes sent and not acknowledged, and as many as may be. */
  readonly underWay: number
  readonly allowed: number
  /** Packets that had to go once more. */
  readonly repeated: number
}

/** The link itself, without streams: hellos, packets, acknowledgements, pings, the end. */
export class Session {
  readonly #channel: RadioChannel
  readonly #clock: Clock
  readonly #events: SessionEvents
  readonly #opening: Opening
  readonly #sender: Sender
  readonly #receive = new ReceiveWindow()
  readonly #useless: UselessBudget
  readonly #watch: Watch
  readonly #ackSoon: Alarm
  readonly #restSoon: Alarm
  #state: 'opening' | 'open' | 'over' = 'opening'
  /** The channel takes nothing before it drained. */
  #blocked = false
  #theyEnded = false
  #flushed = false
  #linger: Timer | null = null

  constructor(channel: RadioChannel, clock: Clock, random: Random, events: SessionEvents) {
    this.#channel = channel
    this.#clock = clock
    this.#events = events
    const session = random.bytes(SESSION_BYTES)
    this.#opening = new Opening(channel.role, session, this.#receive.window)
    this.#sender = new Sender(
      {
        ready: () => this.#state === 'open' && !this.#blocked,
        fits: () => this.#fits,
        launch: (sent) => this.#launch(sent),
        room: () => events.room(),
        pause: () => this.#restSoon.in(0),
      },
      clock,
    )
    this.#useless = new UselessBudget(clock.monotonic())
    this.#watch = new Watch(clock, {
      facts: () => ({
        open: this.#state === 'open',
        blocked: this.#blocked,
        roundTrip: this.#sender.roundTrip,
      }),
      sayHello: () => this.#greet(),
      saySomething: (ask) => this.#sayNothing(ask),
      end: (why) => this.#fail('TIMED_OUT', WORDS[why]),
    })
    this.#ackSoon = new Alarm(clock, () => this.#acknowledge(true))
    this.#restSoon = new Alarm(clock, () => this.#pump(true))
    channel.on('packet', this.#onpacket)
    channel.on('drain', this.#ondrain)
    channel.on('mtu', this.#onmtu)
    channel.on('close', this.#onclose)
    this.#greet()
  }

  get figures(): LinkFigures {
    const { roundTrip, underWay, allowed, repeated } = this.#sender
    return { roundTrip, underWay, allowed, repeated }
  }

  write(bytes: Uint8Array): void {
    if (this.#state === 'over') return
    this.#sender.write(bytes)
    this.#watch.starves(this.#sender.starved)
  }

  /** No more is written; `flushed` follows. */
  end(): void {
    if (this.#state !== 'over') this.#sender.end()
  }

  /** The reader has so many bytes. */
  taken(bytes: number): void {
    this.#receive.take(bytes)
    this.#acknowledge(false)
  }

  /** Ends the link; the other end is told. */
  close(): void {
    if (this.#state === 'over') return
    const told = this.#sayClose()
    this.#stop()
    if (told) this.#linger = this.#clock.after(LINGER, () => this.#channel.close())
    else this.#channel.close()
  }

  readonly #onpacket = (packet: Uint8Array): void => {
    if (this.#state === 'opening') this.#hearOpening(packet)
    else this.#hear(packet)
  }

  readonly #ondrain = (): void => {
    this.#blocked = false
    this.#pump(false)
    this.#acknowledge(false)
    this.#watch.look()
  }

  readonly #onmtu = (): void => this.#pump(false)

  readonly #onclose = (): void => {
    this.#linger?.cancel()
    this.#channel.removeListener('close', this.#onclose)
    if (this.#state === 'over') return
    this.#stop()
    this.#events.over(null)
  }

  #hearOpening(bytes: Uint8Array): void {
    const heard = this.#opening.judge(bytes)
    if (heard === 'new' && this.#opening.adopt(bytes)) return this.#greet()
    const { keys } = this.#opening
    const first = heard === 'other' && keys ? decodePacket(bytes, keys.theirs, 0, 0) : null
    if (first === null) {
      // A few may be left of an older link.
      if (!this.#opening.junk()) this.#fail('MALFORMED', 'The other end speaks something else.')
      return
    }
    this.#state = 'open'
    this.#sender.grant(this.#opening.window)
    this.#watch.look()
    this.#take(first)
  }

  #hear(bytes: Uint8Array): void {
    const { theirs } = this.#opening.keys!
    const { expected } = this.#receive
    const packet = decodePacket(bytes, theirs, expected, this.#sender.acknowledged)
    if (packet !== null) return this.#take(packet)
    const heard = this.#opening.judge(bytes)
    if (heard === 'new') return this.#fail('CLOSED', 'The other end began anew.')
    if (heard !== 'again')
      return this.#fail('MALFORMED', 'A packet came that is none of this link.')
    // The other end does not know yet that this one is open.
    this.#receive.ask()
    this.#judge(false)
    this.#acknowledge(false)
  }

  #take(packet: Packet): void {
    this.#watch.heard()
    // Both are looked at, whatever the first of them was.
    const useful = [this.#takeAck(packet), this.#takeBytes(packet)].includes(true)
    this.#judge(useful)
    if (this.#state === 'over') return
    if (packet.close) return this.#hungUp()
    if (packet.ask) this.#receive.ask()
    this.#watch.misses(this.#receive.incomplete)
    this.#pump(false)
    this.#acknowledge(false)
  }

  #judge(useful: boolean): void {
    if (useful) return this.#useless.renew()
    if (this.#state === 'over' || this.#useless.spend(this.#clock.monotonic())) return
    this.#fail('MALFORMED', 'The other end sends and sends, and says nothing.')
  }

  /** Whether it brought anything; as `#takeBytes`. */
  #takeAck({ ack }: Packet): boolean {
    if (ack === null) return false
    const did = this.#sender.acknowledge(ack)
    if (did === 'impossible') {
      this.#fail('MALFORMED', 'The other end acknowledged what was never sent.')
      return false
    }
    if (did === 'progress') this.#watch.progressed(this.#sender.idle)
    if (this.#sender.flushed && !this.#flushed) {
      this.#flushed = true
      this.#events.flushed()
    }
    return did !== 'nothing'
  }

  #takeBytes({ number, bytes, end }: Packet): boolean {
    if (this.#state === 'over') return false
    if (bytes.byteLength === 0 && !end) {
      this.#receive.knowSent(number)
      return false
    }
    const kept = this.#receive.accept(number, { bytes, end })
    if (kept === 'flood') this.#fail('TOO_LARGE', 'The other end sent more than it may.')
    if (kept !== 'kept') return false
    for (let piece = this.#receive.next(); piece !== null; piece = this.#receive.next())
      this.#hand(piece)
    return true
  }

  #hand({ bytes, end }: Piece): void {
    if (this.#state === 'over') return
    if (this.#theyEnded) return this.#fail('MALFORMED', 'The other end sent more after its end.')
    this.#theyEnded = end
    if (bytes.byteLength > 0) this.#events.bytes(bytes)
    if (end) this.#events.ended()
  }

  #pump(rest: boolean): void {
    if (this.#state === 'over') return
    this.#sender.pump(rest)
    this.#watch.starves(this.#sender.starved)
  }

  /** Bytes of the next packet, beside what it has to tell. */
  get #fits(): number {
    const ack = this.#receive.ackIn === null ? 0 : ACK_BYTES
    return this.#channel.maxPacket - HEADER_BYTES - ack
  }

  #launch({ number, bytes, end, asked, again }: Sent): void {
    this.#watch.waits()
    const tells = bytes.byteLength + HEADER_BYTES + ACK_BYTES <= this.#channel.maxPacket
    const ack = tells && this.#receive.ackIn !== null ? this.#receive.tell() : null
    this.#say({ number, bytes, end, ack, ask: asked || again, close: false })
  }

  /** Tells what was received: now if that presses or its time has come, or else a little later. */
  #acknowledge(due: boolean): void {
    const ms = this.#receive.ackIn
    if (ms === null || this.#state !== 'open' || this.#blocked) return
    if (ms === 0 || due) this.#sayNothing(false)
    else this.#ackSoon.in(ms)
  }

  #greet(): void {
    this.#put(this.#opening.hello)
    if (this.#opening.keys) this.#sayNothing(false)
  }

  /** A packet without bytes: an acknowledgement, a ping, a question. */
  #sayNothing(ask: boolean, close = false): void {
    const ack = this.#receive.tell()
    this.#say({ number: this.#sender.next, bytes: NO_BYTES, end: false, ack, ask, close })
  }

  /** Whether the other end can be told. */
  #sayClose(): boolean {
    if (this.#state !== 'open') return false
    this.#sayNothing(false, true)
    return true
  }

  #say(packet: Packet): void {
    this.#put(encodePacket(packet, this.#opening.keys!.own))
  }

  #put(packet: Buffer): void {
    this.#watch.said()
    if (!this.#channel.send(packet)) this.#blocked = true
  }

  #hungUp(): void {
    this.#stop()
    this.#channel.close()
    this.#events.over(null)
  }

  #fail(code: 'CLOSED' | 'MALFORMED' | 'TOO_LARGE' | 'TIMED_OUT', message: string): void {
    this.#sayClose()
    this.#stop()
    this.#channel.close()
    this.#events.over(new PorchlightError(code, message))
  }

  #stop(): void {
    this.#state = 'over'
    this.#sender.clear()
    this.#watch.stop()
    this.#ackSoon.cancel()
    this.#restSoon.cancel()
    this.#channel.removeListener('packet', this.#onpacket)
    this.#channel.removeListener('drain', this.#ondrain)
    this.#channel.removeListener('mtu', this.#onmtu)
  }
}
