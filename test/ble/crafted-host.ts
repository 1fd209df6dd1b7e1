/** A Bluetooth host that says what it likes: HCI and ATT by hand, on an emulated adapter in this process. */
import { ACL, acl, command } from './h4.ts'
import { EVT, LE, OP } from './hci.ts'
import type { Air } from './air.ts'
import type { Controller } from './controller.ts'
import { until } from '../compliance/until.ts'

const PEER_RANDOM = 1
const ATT_CID = 4
const ADVERTISING_BYTES = 31

export class CraftedHost {
  /** ATT packets that arrived, whole ones only. */
  readonly heard: Buffer[] = []
  /** Reasons for which links ended. */
  readonly ended: number[] = []
  /** Its links, newest last. */
  readonly handles: number[] = []
  readonly #controller: Controller
  readonly #answers = new Map<number, (att: Buffer) => Buffer | null>()

  constructor(air: Air, name: string) {
    this.#controller = air.attach(name, {
      write: (packet) => {
        // As from a wire: not while the controller is still at it.
        queueMicrotask(() => this.#take(packet))
        return true
      },
      cut: () => {},
    })
  }

  /** Answers each ATT packet of a kind. */
  answer(opcode: number, reply: (att: Buffer) => Buffer | null): void {
    this.#answers.set(opcode, reply)
  }

  /** Dials a random address; resolves once it is linked. */
  async connect(address: string): Promise<void> {
    const before = this.handles.length
    const parameters = Buffer.alloc(25)
    parameters.writeUInt16LE(0x60, 0)
    parameters.writeUInt16LE(0x60, 2)
    parameters[5] = PEER_RANDOM
    Buffer.from(address.replaceAll(':', ''), 'hex').reverse().copy(parameters, 6)
    parameters.writeUInt16LE(6, 13)
    parameters.writeUInt16LE(12, 15)
    parameters.writeUInt16LE(400, 19)
    this.command(OP.leConnect, parameters)
    await until('the crafted link', () => this.handles.length > before)
  }

  /** Is found by others, under its public address. */
  advertise(data: Buffer, scanResponse: Buffer): void {
    const parameters = Buffer.alloc(15)
    parameters.writeUInt16LE(0x60, 0)
    parameters.writeUInt16LE(0x60, 2)
    parameters[13] = 7
    this.command(OP.leSetAdvertisingParameters, parameters)
    this.command(OP.leSetAdvertisingData, padded(data))
    this.command(OP.leSetScanResponse, padded(scanResponse))
    this.command(OP.leSetAdvertising, Buffer.from([1]))
  }

  command(opcode: number, parameters?: Uint8Array): void {
    this.#controller.fromHost(command(opcode, parameters))
  }

  /** An ATT packet on the newest link. */
  att(pdu: Uint8Array): void {
    const head = Buffer.alloc(4)
    head.writeUInt16LE(pdu.length, 0)
    head.writeUInt16LE(ATT_CID, 2)
    this.acl(Buffer.concat([head, pdu]))
  }

  /** ACL data on the newest link, a start or what continues it. */
  acl(data: Uint8Array, continues = false): void {
    this.#controller.fromHost(acl(this.handles.at(-1)!, continues ? 1 : 0, data))
  }

  #take(packet: Buffer): void {
    if (packet[0] === ACL) return this.#data(packet)
    if (packet[1] === EVT.disconnected) this.ended.push(packet[6]!)
    if (packet[1] === EVT.le && packet[3] === LE.connected && packet[4] === 0) {
      this.handles.push(packet.readUInt16LE(5))
    }
  }

  #data(packet: Buffer): void {
    const att = packet.subarray(9)
    if (packet.readUInt16LE(5) !== att.length) return
    this.heard.push(att)
    const reply = this.#answers.get(att[0]!)?.(att)
    if (reply) this.att(reply)
  }
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from([data.length]),
    data,
    Buffer.alloc(ADVERTISING_BYTES - data.length),
  ])
}
