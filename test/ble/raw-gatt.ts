import { u16 } from './hci.ts'
import type { RawLink } from './raw-link.ts'

/** Operations of the attribute protocol. */
export const ATT = {
  error: 0x01,
  mtuRequest: 0x02,
  mtuAnswer: 0x03,
  findInformation: 0x04,
  informationFound: 0x05,
  readByType: 0x08,
  readByTypeAnswer: 0x09,
  readByGroup: 0x10,
  readByGroupAnswer: 0x11,
  write: 0x12,
  writeAnswer: 0x13,
  notification: 0x1b,
  writeCommand: 0x52,
} as const

const [SERVICE, CHARACTERISTIC, SUBSCRIPTION] = [0x2800, 0x2803, 0x2902]
const NOT_FOUND = 0x0a
const [WRITE_WITHOUT_RESPONSE, NOTIFY] = [0x04, 0x10]

/** A UUID as the air carries it, from its written form with or without dashes. */
export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').reverse()
}

/** Asks the other end's attribute server; resolves with the answer, an error answer included. */
export function askAttribute(link: RawLink, request: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      link.off('att', onatt)
      link.off('close', onclose)
    }
    const onatt = (packet: Buffer): void => {
      const answers = packet[0] === request[0]! + 1 || packet[0] === ATT.error
      if (!answers) return
      settle()
      resolve(packet)
    }
    const onclose = (reason: number): void => {
      settle()
      reject(new Error(`The link ended, reason ${reason}`))
    }
    link.on('att', onatt)
    link.on('close', onclose)
    link.att(request)
  })
}

/** Agrees on an MTU; resolves with it. */
export async function agreeMtu(link: RawLink, mtu: number): Promise<number> {
  const answer = await askAttribute(link, Buffer.concat([Buffer.from([ATT.mtuRequest]), u16(mtu)]))
  return answer[0] === ATT.mtuAnswer ? Math.min(mtu, answer.readUInt16LE(1)) : 23
}

/** The handle of a characteristic's value at the other end; null when it has none. */
export async function findCharacteristic(link: RawLink, uuid: string): Promise<number | null> {
  const wanted = uuidBytes(uuid)
  for (let from = 1; from <= 0xffff;) {
    const ends = [u16(from), u16(0xffff), u16(CHARACTERISTIC)]
    const answer = await askAttribute(link, Buffer.concat([Buffer.from([ATT.readByType]), ...ends]))
    if (answer[0] !== ATT.readByTypeAnswer) return null
    const size = answer[1]!
    for (let at = 2; at + size <= answer.length; at += size) {
      const entry = answer.subarray(at, at + size)
      from = entry.readUInt16LE(0) + 1
      if (entry.subarray(5).equals(wanted)) return entry.readUInt16LE(3)
    }
  }
  return null
}

/** Writes without an answer. */
export function writeValue(link: RawLink, handle: number, value: Uint8Array): void {
  link.att(Buffer.concat([Buffer.from([ATT.writeCommand]), u16(handle), value]))
}

/** Subscribes to a characteristic's notifications, whose subscription follows its value. */
export async function subscribe(link: RawLink, value: number): Promise<void> {
  const head = Buffer.from([ATT.write])
  await askAttribute(link, Buffer.concat([head, u16(value + 1), u16(1)]))
}

/** What a bare peripheral serves: one service, one characteristic to write and one that notifies. */
export interface RawService {
  readonly service: string
  readonly written: string
  readonly notifying: string
  readonly mtu?: number
  /** What was written. */
  readonly onwrite?: (value: Buffer) => void
  readonly onsubscribe?: () => void
}

/** Handles of the served attributes. */
const HANDLE = { service: 1, written: 3, notifying: 5, subscription: 6 } as const

/** Answers the other end's attribute client; gives what notifies it. */
export function serveGatt(link: RawLink, served: RawService): (value: Uint8Array) => void {
  link.on('att', (packet) => {
    const answer = serveRequest(packet, served)
    if (answer !== null) link.att(answer)
  })
  const head = Buffer.concat([Buffer.from([ATT.notification]), u16(HANDLE.notifying)])
  return (value) => link.att(Buffer.concat([head, value]))
}

function serveRequest(packet: Buffer, served: RawService): Buffer | null {
  const operation = packet[0]
  if (operation === ATT.mtuRequest) {
    return Buffer.concat([Buffer.from([ATT.mtuAnswer]), u16(served.mtu ?? 517)])
  }
  if (operation === ATT.write || operation === ATT.writeCommand) return serveWrite(packet, served)
  if (operation === undefined || operation % 2 === 1) return null
  const from = packet.length >= 3 ? packet.readUInt16LE(1) : 0
  const type = packet.length >= 7 ? packet.readUInt16LE(5) : 0
  return serveDiscovery(operation, from, type, served) ?? refusal(operation, from)
}

function serveDiscovery(
  operation: number,
  from: number,
  type: number,
  served: RawService,
): Buffer | null {
  if (operation === ATT.readByGroup && type === SERVICE && from <= HANDLE.service) {
    const ends = [u16(HANDLE.service), u16(HANDLE.subscription)]
    return Buffer.concat([
      Buffer.from([ATT.readByGroupAnswer, 20]),
      ...ends,
      uuidBytes(served.service),
    ])
  }
  if (operation === ATT.readByType && type === CHARACTERISTIC) {
    const entries = [
      declaration(HANDLE.written, WRITE_WITHOUT_RESPONSE, served.written),
      declaration(HANDLE.notifying, NOTIFY, served.notifying),
    ].filter((entry) => entry.readUInt16LE(0) >= from)
    if (entries.length === 0) return null
    return Buffer.concat([Buffer.from([ATT.readByTypeAnswer, 21]), entries[0]!])
  }
  if (operation === ATT.readByType && type === SUBSCRIPTION && from <= HANDLE.subscription) {
    const value = [u16(HANDLE.subscription), u16(0)]
    return Buffer.concat([Buffer.from([ATT.readByTypeAnswer, 4]), ...value])
  }
  if (operation === ATT.findInformation && from <= HANDLE.subscription) {
    const entry = [u16(HANDLE.subscription), u16(SUBSCRIPTION)]
    return Buffer.concat([Buffer.from([ATT.informationFound, 1]), ...entry])
  }
  return null
}

/** A characteristic's declaration, in the attribute before its value. */
function declaration(value: number, properties: number, uuid: string): Buffer {
  return Buffer.concat([u16(value - 1), Buffer.from([properties]), u16(value), uuidBytes(uuid)])
}

function serveWrite(packet: Buffer, served: RawService): Buffer | null {
  if (packet.length < 3) return null
  const handle = packet.readUInt16LE(1)
  if (handle === HANDLE.written) served.onwrite?.(packet.subarray(3))
  if (handle === HANDLE.subscription) served.onsubscribe?.()
  return packet[0] === ATT.write ? Buffer.from([ATT.writeAnswer]) : null
}

function refusal(operation: number, handle: number): Buffer {
  return Buffer.concat([Buffer.from([ATT.error, operation]), u16(handle), Buffer.from([NOT_FOUND])])
}
