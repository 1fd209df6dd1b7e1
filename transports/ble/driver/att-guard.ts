/**
 * Whether an ATT packet of the other end can be what it says. noble and bleno read beyond short ones, which throws,
 * and count by a length that the sender chose, which with zero never ends.
 */

/** The longest packet: the largest MTU that is negotiated. */
export const MAX_ATT = 517

const HANDLE_AND_RANGE = 5
const SHORTEST: Readonly<Record<number, number>> = {
  0x01: 5,
  0x02: 3,
  0x03: 3,
  0x04: HANDLE_AND_RANGE,
  0x05: 6,
  0x06: 7,
  0x07: 5,
  0x08: 7,
  0x09: 5,
  0x0a: 3,
  0x0c: 5,
  0x0e: 5,
  0x10: 7,
  0x11: 8,
  0x12: 3,
  0x16: 5,
  0x17: 5,
  0x18: 2,
  0x1b: 3,
  0x1d: 3,
  0x52: 3,
  0xd2: 15,
}
const FIND_INFO_RESPONSE = 0x05
const READ_BY_TYPE_RESPONSE = 0x09
const READ_BY_GROUP_RESPONSE = 0x11

/** False for what must not reach noble or bleno. */
export function plausibleAtt(pdu: Uint8Array): boolean {
  const opcode = pdu[0]
  if (opcode === undefined || pdu.length > MAX_ATT) return false
  if (pdu.length < (SHORTEST[opcode] ?? 1)) return false
  const list = pdu.length - 2
  if (opcode === FIND_INFO_RESPONSE) {
    return pdu[1] === 1 ? list % 4 === 0 : pdu[1] === 2 && list % 18 === 0
  }
  const each = pdu[1]!
  if (opcode === READ_BY_TYPE_RESPONSE) return each >= 3 && list % each === 0
  if (opcode === READ_BY_GROUP_RESPONSE) return (each === 6 || each === 20) && list % each === 0
  return true
}
