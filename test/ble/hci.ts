/** Numbers of the Bluetooth Core Specification, Volume 4 Part E, as far as the emulated controllers know them. */

const opcode = (group: number, command: number): number => (group << 10) | command

export const OP = {
  disconnect: opcode(1, 0x06),
  readRemoteVersion: opcode(1, 0x1d),
  setEventMask: opcode(3, 0x01),
  reset: opcode(3, 0x03),
  readLeHost: opcode(3, 0x6c),
  writeLeHost: opcode(3, 0x6d),
  readLocalVersion: opcode(4, 0x01),
  readSupportedCommands: opcode(4, 0x02),
  readLocalFeatures: opcode(4, 0x03),
  readBufferSize: opcode(4, 0x05),
  readAddress: opcode(4, 0x09),
  readRssi: opcode(5, 0x05),
  leSetEventMask: opcode(8, 0x01),
  leReadBufferSize: opcode(8, 0x02),
  leReadFeatures: opcode(8, 0x03),
  leSetRandomAddress: opcode(8, 0x05),
  leSetAdvertisingParameters: opcode(8, 0x06),
  leReadAdvertisingPower: opcode(8, 0x07),
  leSetAdvertisingData: opcode(8, 0x08),
  leSetScanResponse: opcode(8, 0x09),
  leSetAdvertising: opcode(8, 0x0a),
  leSetScanParameters: opcode(8, 0x0b),
  leSetScanning: opcode(8, 0x0c),
  leConnect: opcode(8, 0x0d),
  leCancelConnect: opcode(8, 0x0e),
  leReadAcceptListSize: opcode(8, 0x0f),
  leClearAcceptList: opcode(8, 0x10),
  leUpdateConnection: opcode(8, 0x13),
  leReadRemoteFeatures: opcode(8, 0x16),
  leReadStates: opcode(8, 0x1c),
  leRefuseKey: opcode(8, 0x1b),
  leSetDataLength: opcode(8, 0x22),
  leReadDefaultDataLength: opcode(8, 0x23),
  leWriteDefaultDataLength: opcode(8, 0x24),
  leReadMaxDataLength: opcode(8, 0x2f),
  leSetPhy: opcode(8, 0x31),
} as const

export const EVT = {
  disconnected: 0x05,
  remoteVersion: 0x0c,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  completedPackets: 0x13,
  overflow: 0x1a,
  le: 0x3e,
} as const

/** Sub-events of `EVT.le`. */
export const LE = {
  connected: 0x01,
  report: 0x02,
  updated: 0x03,
  remoteFeatures: 0x04,
  dataLength: 0x07,
} as const

/** Error codes, Volume 1 Part F. */
export const STATUS = {
  ok: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  timeout: 0x08,
  tooManyConnections: 0x09,
  alreadyConnected: 0x0b,
  disallowed: 0x0c,
  invalid: 0x12,
  endedByPeer: 0x13,
  endedHere: 0x16,
} as const

/** Types of advertising, and of reports of it. */
export const ADVERTISING = { connectable: 0, scannable: 2, silent: 3, scanResponse: 4 } as const

export const PUBLIC = 0
export const RANDOM = 1

/** A radio address; `bytes` are in the order of HCI, the last byte of the written form first. */
export interface RadioAddress {
  readonly type: number
  readonly bytes: Buffer
}

export function sameAddress(a: RadioAddress, b: RadioAddress): boolean {
  return a.type === b.type && a.bytes.equals(b.bytes)
}

/** The written form: lower-case with colons. */
export function addressText({ bytes }: RadioAddress): string {
  return Buffer.from(bytes)
    .reverse()
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1:')
}

/** Six bytes in the order of HCI from the written form. */
export function addressBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex').reverse()
}

/** A little-endian 16-bit number. */
export function u16(n: number): Buffer {
  return Buffer.from([n & 0xff, (n >> 8) & 0xff])
}
