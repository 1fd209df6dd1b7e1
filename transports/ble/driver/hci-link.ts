/** What stands of one link at the host: its other end, the packet that arrives in pieces, and what the controller has yet to send. */
import { MAX_ATT } from './att-guard.ts'
import type { AddressType } from './hci-codec.ts'

const L2CAP_HEAD = 4
export const SMALLEST_MTU = 23
const ATT_CID = 4
const MTU_REQUEST = 0x02
const MTU_RESPONSE = 0x03
const WRITE_COMMAND = 0x52
const NOTIFICATION = 0x1b
const ATT_HEAD = 3

/** An ATT packet with its L2CAP head, or why its link has to end. */
export type Arrival = { pdu: Buffer } | 'more' | 'skip' | 'bad'

export class HciLink {
  readonly handle: number
  readonly role: 'central' | 'peripheral'
  readonly address: string
  readonly addressType: AddressType
  mtu = SMALLEST_MTU
  /** It was told to end; nothing that still arrives counts. */
  ending = false
  /** Fragments that are at the controller: bytes of ours that each completes, or null for one of noble's and bleno's own. */
  readonly sent: (number | null)[] = []
  #asked = 0
  #offered = 0
  #parts: Buffer[] = []
  #missing = 0
  #outgoing: number | null = null
  #outgoingLeft = 0

  constructor(of: {
    handle: number
    role: 'central' | 'peripheral'
    address: string
    addressType: AddressType
  }) {
    this.handle = of.handle
    this.role = of.role
    this.address = of.address
    this.addressType = of.addressType
  }

  /** Takes a fragment of the other end; whole packets of ATT come out. */
  arrived(data: Buffer, continues: boolean): Arrival {
    if (!continues) {
      this.#parts = []
      this.#missing = 0
      if (data.length < L2CAP_HEAD) return 'bad'
      if (data.readUInt16LE(0) > MAX_ATT) return 'bad'
      this.#missing = L2CAP_HEAD + data.readUInt16LE(0)
    } else if (this.#missing === 0) {
      return 'skip'
    }
    if (data.length > this.#missing) return 'bad'
    this.#missing -= data.length
    this.#parts.push(data)
    if (this.#missing > 0) return 'more'
    const pdu = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    // Pairing and signalling are of no use here: nobody pairs.
    return pdu.readUInt16LE(2) === ATT_CID ? { pdu } : 'skip'
  }

  /** Counts a fragment that noble or bleno writes. */
  departs(data: Buffer, continues: boolean): void {
    if (!continues) {
      this.#outgoingLeft = L2CAP_HEAD + data.readUInt16LE(0)
      const opcode = data[L2CAP_HEAD]
      const ours = opcode === WRITE_COMMAND || opcode === NOTIFICATION
      this.#outgoing = ours ? this.#outgoingLeft - L2CAP_HEAD - ATT_HEAD : null
      this.#negotiate(data.subarray(L2CAP_HEAD), false)
    }
    this.#outgoingLeft -= data.length
    const last = this.#outgoingLeft <= 0
    this.sent.push(this.#outgoing === null ? null : last ? this.#outgoing : 0)
  }

  /** Notes what an ATT packet of the other end negotiates; false when it may not. */
  heard(att: Buffer): boolean {
    if (att[0] === MTU_REQUEST && this.role === 'peripheral' && this.#asked > 0) return false
    this.#negotiate(att, true)
    return true
  }

  #negotiate(att: Buffer, incoming: boolean): void {
    const dialled = this.role === 'central'
    if (att.length < 3) return
    if (att[0] === MTU_REQUEST && dialled !== incoming) this.#asked = att.readUInt16LE(1)
    else if (att[0] === MTU_RESPONSE && dialled === incoming) this.#offered = att.readUInt16LE(1)
    else return
    if (this.#asked > 0 && this.#offered > 0) {
      this.mtu = Math.max(SMALLEST_MTU, Math.min(this.#asked, this.#offered, MAX_ATT))
    }
  }
}
