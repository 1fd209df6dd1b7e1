/**
 * Stands between the controller and the HCI parts of noble and bleno, of either family. Each is shown the links of its
 * own role only, as one of the families takes those of the other for its own; what is malformed ends its link before
 * it reaches them; and together they never give the controller more than it has buffers for. Other programs use the
 * same controller (a mouse, a headset): their links are neither shown, nor read, nor ended.
 */
import { EventEmitter } from 'node:events'
import type { Clock } from '../../../core/clock.ts'
import { plausibleAtt } from './att-guard.ts'
import {
  ACL,
  COMMAND,
  OPCODE,
  STATUS,
  command,
  completion,
  disconnectCommand,
  readEvent,
} from './hci-codec.ts'
import type { HciEvent, Report } from './hci-codec.ts'
import { HciLink } from './hci-link.ts'
import { openDirect } from './hci-socket.ts'
import type { HciSocket } from './hci-socket.ts'

export type Role = 'central' | 'peripheral'

/** What is used of the `Hci` of noble (central) and bleno (peripheral). */
export interface LibraryHci {
  readonly _socket: HciSocket
  readonly _deviceId?: number | null
  /** Packets that wait in it: noble's and bleno's name. */
  _aclQueue?: readonly unknown[]
  _aclOutQueue?: readonly unknown[]
  onSocketData(packet: Buffer): void
  onSocketError(error: unknown): void
}

export interface HciHostEvents {
  connected: [link: HciLink]
  /** An attempt to connect ended without a link. */
  failed: [status: number]
  disconnected: [link: HciLink]
  report: [report: Report]
  /** The controller sent fragments of ours, which ended packets of `bytes` bytes. */
  sent: [link: HciLink, fragments: number, bytes: number]
  mtu: [link: HciLink]
  /** The controller does not answer. */
  silent: []
  /** The socket to it failed. */
  socketError: [error: unknown]
}

const ANSWER_MS = 8_000
const MOST_WAITING_IN_LIBRARY = 128
/** Every controller has one buffer of this size. */
const SMALLEST_BUFFERS = { length: 27, count: 1 }

interface Stream {
  readonly role: Role
  readonly hci: LibraryHci
  readonly pass: (packet: Buffer) => void
  readonly write: (packet: Buffer) => void
}

interface Answer {
  readonly status: number
  readonly result: Buffer
}

export class HciHost extends EventEmitter<HciHostEvents> {
  /** Links by their handles. */
  readonly links = new Map<number, HciLink>()
  /** The controller's buffers for packets to be sent. */
  buffers: { readonly length: number; readonly count: number } = SMALLEST_BUFFERS
  /** Whether noble may reset the controller, which ends what others do with it. */
  mayReset = false
  /** Whom we dial now; a link in the central role is ours when it leads there. */
  dialling: string | null = null
  /** Whether we can be dialled now; a link in the peripheral role is ours when it comes then. */
  advertising = false
  readonly #clock: Clock
  readonly #mostIncoming: number
  readonly #streams = new Map<Role, Stream>()
  readonly #answers = new Map<number, ((answer: Answer) => void)[]>()
  #direct: HciSocket | null = null
  #held: { handle: number; packet: Buffer; stream: Stream }[] = []

  constructor(options: { clock: Clock; mostIncoming: number }) {
    super()
    this.#clock = options.clock
    this.#mostIncoming = options.mostIncoming
  }

  /** To be called before the library listens to its socket. */
  attach(role: Role, hci: LibraryHci): void {
    const stream: Stream = {
      role,
      hci,
      pass: hci.onSocketData.bind(hci),
      write: hci._socket.write.bind(hci._socket),
    }
    this.#streams.set(role, stream)
    hci.onSocketData = (packet) => this.#incoming(stream, packet)
    const write = (packet: Buffer): void => this.#outgoing(stream, packet)
    // That of the native socket can not be assigned to.
    Object.defineProperty(hci._socket, 'write', { value: write, configurable: true })
    const failed = hci.onSocketError.bind(hci)
    hci.onSocketError = (error) => {
      this.emit('socketError', error)
      failed(error)
    }
  }

  /** Gives a command and waits for its answer; rejects when there is none. */
  async command(opcode: number, parameters?: Uint8Array): Promise<Answer> {
    const answers = this.#answers.get(opcode) ?? []
    this.#answers.set(opcode, answers)
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer): void => {
        timer.cancel()
        resolve(answer)
      }
      const timer = this.#clock.after(ANSWER_MS, () => {
        answers.splice(answers.indexOf(settle), 1)
        this.emit('silent')
        reject(new Error(`no answer to ${opcode.toString(16)}`))
      })
      answers.push(settle)
      this.post(command(opcode, parameters))
    })
  }

  /** Gives a command whose outcome is an event. */
  post(packet: Buffer): void {
    this.#streams.get('central')?.write(packet)
  }

  /** The same past what the native part makes of a command to connect. */
  postDirect(packet: Buffer): void {
    const stream = this.#streams.get('central')
    if (!stream) return
    this.#direct ??= openDirect(stream.hci._socket, stream.hci._deviceId)
    this.#direct.write(packet)
  }

  /** Whether the adapter is switched on. */
  get up(): boolean {
    return this.#streams.get('central')?.hci._socket.isDevUp() ?? false
  }

  disconnect(handle: number): void {
    const link = this.links.get(handle)
    if (link) link.ending = true
    this.post(disconnectCommand(handle))
  }

  #incoming(stream: Stream, packet: Buffer): void {
    if (packet[0] === ACL) return this.#data(stream, packet)
    const event = readEvent(packet)
    if (event === null) return
    switch (event.kind) {
      case 'connected':
        return this.#connected(stream, packet, event)
      case 'disconnected':
        return this.#disconnected(stream, packet, event.handle)
      case 'sent':
        stream.pass(packet)
        for (const { handle, packets } of event.counts) this.#sent(stream, handle, packets)
        return this.#flush()
      case 'complete':
        if (stream.role === 'central') this.#answered(event)
        return stream.pass(packet)
      case 'status':
        if (stream.role !== 'central') return
        this.#resolve(event.opcode, { status: event.status, result: Buffer.alloc(0) })
        if (event.opcode === OPCODE.createConnection && event.status !== STATUS.ok) {
          this.emit('failed', event.status)
        }
        return
      case 'reports':
        // noble would keep each device that was ever heard, for ever.
        if (stream.role === 'central') for (const one of event.reports) this.emit('report', one)
        return
      case 'other':
        return
    }
  }

  #answered(event: HciEvent & { kind: 'complete' }): void {
    const { opcode, status, result } = event
    if (status === STATUS.ok && opcode === OPCODE.leReadBufferSize && result.length >= 3) {
      this.#buffers(result.readUInt16LE(0), result.readUInt8(2))
    }
    if (status === STATUS.ok && opcode === OPCODE.readBufferSize && result.length >= 5) {
      this.#buffers(result.readUInt16LE(0), result.readUInt16LE(3))
    }
    this.#resolve(opcode, { status, result })
  }

  #buffers(length: number, count: number): void {
    if (length > 0 && count > 0) this.buffers = { length, count }
  }

  #resolve(opcode: number, answer: Answer): void {
    this.#answers.get(opcode)?.shift()?.(answer)
  }

  #connected(stream: Stream, packet: Buffer, event: HciEvent & { kind: 'connected' }): void {
    if (event.status !== STATUS.ok) {
      if (stream.role === 'central') this.emit('failed', event.status)
      return
    }
    if (event.role !== stream.role || !this.#isOurs(event)) return
    const incoming = [...this.links.values()].filter((link) => link.role === 'peripheral')
    if (event.role === 'peripheral' && incoming.length >= this.#mostIncoming) {
      return this.disconnect(event.handle)
    }
    const link = new HciLink(event)
    this.links.set(event.handle, link)
    stream.pass(packet)
    this.emit('connected', link)
  }

  #isOurs({ role, address }: HciEvent & { kind: 'connected' }): boolean {
    return role === 'central' ? address === this.dialling : this.advertising
  }

  #disconnected(stream: Stream, packet: Buffer, handle: number): void {
    const link = this.links.get(handle)
    if (link?.role !== stream.role) return
    this.links.delete(handle)
    stream.pass(packet)
    this.emit('disconnected', link)
    this.#flush()
  }

  #data(stream: Stream, packet: Buffer): void {
    if (packet.length < 5) return
    const head = packet.readUInt16LE(1)
    const link = this.links.get(head & 0x0fff)
    if (link?.role !== stream.role) return
    if (link.ending) return
    const arrival = link.arrived(packet.subarray(5), ((head >> 12) & 3) === 1)
    if (arrival === 'more' || arrival === 'skip') return
    const att = arrival === 'bad' ? null : arrival.pdu.subarray(4)
    const waiting = (stream.hci._aclQueue ?? stream.hci._aclOutQueue)?.length ?? 0
    const flooded = waiting > MOST_WAITING_IN_LIBRARY
    const mtu = link.mtu
    if (arrival === 'bad' || !att || !plausibleAtt(att) || flooded || !link.heard(att)) {
      return this.disconnect(link.handle)
    }
    try {
      stream.pass(whole(link.handle, arrival.pdu))
    } catch {
      // A packet that the library can not read: whoever sends such gets no further.
      this.disconnect(link.handle)
    }
    if (link.mtu !== mtu) this.emit('mtu', link)
  }

  #outgoing(stream: Stream, packet: Buffer): void {
    if (packet[0] === COMMAND && packet.readUInt16LE(1) === OPCODE.reset && !this.mayReset) {
      queueMicrotask(() => stream.pass(completion(OPCODE.reset)))
    } else if (packet[0] !== ACL) {
      stream.write(packet)
    } else {
      this.#held.push({ handle: packet.readUInt16LE(1) & 0x0fff, packet, stream })
      this.#flush()
    }
  }

  #flush(): void {
    while (this.#held.length > 0 && this.#inFlight() < this.buffers.count) {
      const { handle, packet, stream } = this.#held.shift()!
      const link = this.links.get(handle)
      if (!link) continue
      const mtu = link.mtu
      link.departs(packet.subarray(5), ((packet.readUInt16LE(1) >> 12) & 3) === 1)
      stream.write(packet)
      if (link.mtu !== mtu) this.emit('mtu', link)
    }
  }

  #inFlight(): number {
    let count = 0
    for (const link of this.links.values()) count += link.sent.length
    return count
  }

  #sent(stream: Stream, handle: number, packets: number): void {
    const link = this.links.get(handle)
    if (link?.role !== stream.role) return
    const done = link.sent.splice(0, packets).filter((bytes) => bytes !== null)
    const bytes = done.reduce((sum, one) => sum + one, 0)
    if (done.length > 0) this.emit('sent', link, done.length, bytes)
  }
}

function whole(handle: number, pdu: Buffer): Buffer {
  const packet = Buffer.alloc(5 + pdu.length)
  packet[0] = ACL
  packet.writeUInt16LE(handle | (2 << 12), 1)
  packet.writeUInt16LE(pdu.length, 3)
  pdu.copy(packet, 5)
  return packet
}
