import { EventEmitter } from 'node:events'
import { STATUS, u16 } from './hci.ts'

/** The L2CAP channel of the attribute protocol. */
export const ATT_CHANNEL = 4
/** What controllers take at a time unless told otherwise. */
const FRAGMENT = 251

export interface RawLinkEvents {
  /** A whole L2CAP packet. */
  packet: [channel: number, payload: Buffer]
  /** An attribute protocol packet of the other end. */
  att: [packet: Buffer]
  /** The controller has sent that many ACL packets. */
  sent: [packets: number]
  close: [reason: number]
}

/** How a link reaches its controller. */
export interface RawWire {
  send(start: boolean, data: Uint8Array): void
  end(reason: number): void
}

/** A connection of a bare device: any bytes out, whole L2CAP packets in. It does not wait for the controller's buffers. */
export class RawLink extends EventEmitter<RawLinkEvents> {
  readonly role: 'central' | 'peripheral'
  /** The other end's address as it showed itself. */
  readonly peer: string
  /** Why it ended; null while it stands. */
  reason: number | null = null
  readonly #wire: RawWire
  #partial = Buffer.alloc(0)

  constructor(role: 'central' | 'peripheral', peer: string, wire: RawWire) {
    super()
    this.role = role
    this.peer = peer
    this.#wire = wire
  }

  /** An attribute protocol packet, well formed or not. */
  att(packet: Uint8Array): void {
    this.l2cap(ATT_CHANNEL, packet)
  }

  /** An L2CAP packet, cut as controllers want it. */
  l2cap(channel: number, payload: Uint8Array): void {
    const packet = Buffer.concat([u16(payload.length), u16(channel), payload])
    for (let at = 0; at < packet.length; at += FRAGMENT) {
      this.fragment(at === 0, packet.subarray(at, at + FRAGMENT))
    }
  }

  /** One ACL packet of any bytes. */
  fragment(start: boolean, data: Uint8Array): void {
    this.#wire.send(start, data)
  }

  disconnect(reason: number = STATUS.endedByPeer): void {
    this.#wire.end(reason)
  }

  /** From the controller. */
  received(start: boolean, data: Buffer): void {
    this.#partial = start ? Buffer.from(data) : Buffer.concat([this.#partial, data])
    if (this.#partial.length < 4) return
    const length = this.#partial.readUInt16LE(0)
    if (this.#partial.length < 4 + length) return
    const channel = this.#partial.readUInt16LE(2)
    const payload = this.#partial.subarray(4, 4 + length)
    this.#partial = Buffer.alloc(0)
    this.emit('packet', channel, payload)
    if (channel === ATT_CHANNEL) this.emit('att', payload)
  }

  /** From the controller. */
  sent(packets: number): void {
    this.emit('sent', packets)
  }

  /** From the controller. */
  ended(reason: number): void {
    this.reason = reason
    this.emit('close', reason)
  }
}
