import type { Controller } from './controller.ts'
import { EVT, LE, OP, RANDOM, STATUS, sameAddress, u16 } from './hci.ts'

/** What a command does; the return parameters of its command-complete event, or null where it answered by itself. */
type Run = (controller: Controller, parameters: Buffer) => Buffer | null

/** Bluetooth 5.0, made by the Linux Foundation, as other emulators say. */
const VERSION = Buffer.from([9, 0, 0, 9, 0xf1, 0x05, 0, 0])
/** Data length extension, and nothing that came later: hosts then use the legacy commands. */
const LE_FEATURES = Buffer.from([0x20, 0, 0, 0, 0, 0, 0, 0])
const MAX_DATA = [251, 17_040] as const
const MAX_ADVERTISING_BYTES = 31

const ok = (...parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.from([STATUS.ok]), ...parts])
const fail = (status: number): Buffer => Buffer.from([status])
const nothing: Run = () => ok()

/** Each command's handler and the least bytes of its parameters. */
const COMMANDS = new Map<number, readonly [least: number, run: Run]>([
  [OP.setEventMask, [8, nothing]],
  [OP.reset, [0, (c) => (c.reset(), ok())]],
  [OP.readLeHost, [0, () => ok(Buffer.from([1, 0]))]],
  [OP.writeLeHost, [2, nothing]],
  [OP.readLocalVersion, [0, () => ok(VERSION)]],
  [OP.readSupportedCommands, [0, () => ok(Buffer.alloc(64))]],
  [OP.readLocalFeatures, [0, () => ok(Buffer.from([0, 0, 0, 0, 0x60, 0, 0, 0]))]],
  [
    OP.readBufferSize,
    [0, ({ knobs }) => ok(u16(knobs.aclLength), Buffer.from([0]), u16(knobs.aclBuffers), u16(0))],
  ],
  [OP.readAddress, [0, ({ publicAddress }) => ok(publicAddress.bytes)]],
  [OP.readRssi, [2, readRssi]],
  [OP.leSetEventMask, [8, (c, p) => ((c.host.leEvents = p.readUInt32LE(0)), ok())]],
  [
    OP.leReadBufferSize,
    [0, ({ knobs }) => ok(u16(knobs.aclLength), Buffer.from([knobs.aclBuffers]))],
  ],
  [OP.leReadFeatures, [0, () => ok(LE_FEATURES)]],
  [OP.leSetRandomAddress, [6, setRandomAddress]],
  [OP.leSetAdvertisingParameters, [15, setAdvertisingParameters]],
  [OP.leReadAdvertisingPower, [0, () => ok(Buffer.from([0]))]],
  [OP.leSetAdvertisingData, [1, (c, p) => setData(p, (data) => (c.advertising.data = data))]],
  [OP.leSetScanResponse, [1, (c, p) => setData(p, (data) => (c.advertising.scanResponse = data))]],
  [OP.leSetAdvertising, [1, setAdvertising]],
  [OP.leSetScanParameters, [7, setScanParameters]],
  [OP.leSetScanning, [2, setScanning]],
  [OP.leConnect, [25, connect]],
  [OP.leCancelConnect, [0, cancelConnect]],
  [OP.leReadAcceptListSize, [0, () => ok(Buffer.from([8]))]],
  [OP.leClearAcceptList, [0, nothing]],
  [OP.leUpdateConnection, [14, updateConnection]],
  [OP.leReadRemoteFeatures, [2, readRemoteFeatures]],
  [OP.leReadStates, [0, () => ok(Buffer.alloc(8, 0xff))]],
  [OP.leRefuseKey, [2, (_, p) => ok(p.subarray(0, 2))]],
  [OP.leSetDataLength, [6, setDataLength]],
  [OP.leReadDefaultDataLength, [0, () => ok(...MAX_DATA.map(u16))]],
  [OP.leWriteDefaultDataLength, [4, nothing]],
  [OP.leReadMaxDataLength, [0, () => ok(...[...MAX_DATA, ...MAX_DATA].map(u16))]],
  [OP.leSetPhy, [3, nothing]],
  [OP.disconnect, [3, disconnect]],
  [OP.readRemoteVersion, [2, readRemoteVersion]],
])

/** Carries out a command of the host and answers it. */
export function answer(controller: Controller, opcode: number, parameters: Buffer): void {
  const [least, run] = COMMANDS.get(opcode) ?? [0, () => fail(STATUS.unknownCommand)]
  const result = parameters.length < least ? fail(STATUS.invalid) : run(controller, parameters)
  if (result !== null) complete(controller, opcode, result)
}

function complete(controller: Controller, opcode: number, result: Buffer): void {
  const head = Buffer.concat([Buffer.from([1]), u16(opcode)])
  controller.host.event(EVT.commandComplete, Buffer.concat([head, result]))
}

/** The answer of commands whose result comes later. */
function status(controller: Controller, opcode: number, code: number): void {
  controller.host.event(EVT.commandStatus, Buffer.concat([Buffer.from([code, 1]), u16(opcode)]))
}

function readRssi(controller: Controller, parameters: Buffer): Buffer {
  const handle = parameters.subarray(0, 2)
  const held = controller.links.get(handle.readUInt16LE(0))
  if (held === undefined) return Buffer.from([STATUS.unknownConnection, ...handle, 0])
  return ok(handle, Buffer.from([held.link.rssi & 0xff]))
}

/** Not while the radio shows or uses an address: that is the specification's rule. */
function setRandomAddress(controller: Controller, parameters: Buffer): Buffer {
  const { isAdvertising, isScanning, dialling } = controller
  if (isAdvertising || isScanning || dialling !== null) return fail(STATUS.disallowed)
  controller.randomAddress = { type: RANDOM, bytes: Buffer.from(parameters.subarray(0, 6)) }
  return ok()
}

function setAdvertisingParameters(controller: Controller, parameters: Buffer): Buffer {
  if (controller.isAdvertising) return fail(STATUS.disallowed)
  const units = parameters.readUInt16LE(0)
  if (units < 0x20 || units > 0x4000) return fail(STATUS.invalid)
  const change = { interval: units * 0.625, type: parameters[4]!, ownType: parameters[5]! }
  controller.advertising = { ...controller.advertising, ...change }
  return ok()
}

function setData(parameters: Buffer, set: (data: Buffer) => void): Buffer {
  const length = parameters[0]!
  if (length > MAX_ADVERTISING_BYTES || parameters.length < 1 + length) return fail(STATUS.invalid)
  set(Buffer.from(parameters.subarray(1, 1 + length)))
  return ok()
}

function setAdvertising(controller: Controller, parameters: Buffer): Buffer {
  const on = parameters[0] === 1
  if (on && controller.address(controller.advertising.ownType) === null) return fail(STATUS.invalid)
  if (on && !controller.hasRoom) return fail(STATUS.tooManyConnections)
  if (on && !controller.mayBe('peripheral')) return fail(STATUS.disallowed)
  controller.setAdvertising(on)
  return ok()
}

function setScanParameters(controller: Controller, parameters: Buffer): Buffer {
  if (controller.isScanning) return fail(STATUS.disallowed)
  const [interval, window] = [parameters.readUInt16LE(1), parameters.readUInt16LE(3)]
  if (interval < 4 || interval > 0x4000 || window < 4 || window > interval)
    return fail(STATUS.invalid)
  const { once } = controller.scanning
  controller.scanning = { active: parameters[0] === 1, share: window / interval, once }
  return ok()
}

function setScanning(controller: Controller, parameters: Buffer): Buffer {
  controller.scanning = { ...controller.scanning, once: parameters[1] === 1 }
  controller.setScanning(parameters[0] === 1)
  return ok()
}

function connect(controller: Controller, parameters: Buffer): null {
  const to = { type: parameters[5]! % 2, bytes: Buffer.from(parameters.subarray(6, 12)) }
  const [scanInterval, scanWindow] = [parameters.readUInt16LE(0), parameters.readUInt16LE(2)]
  const ownType = parameters[12]!
  const refusal = refuseConnect(controller, to, ownType, scanWindow / scanInterval)
  status(controller, OP.leConnect, refusal)
  if (refusal !== STATUS.ok) return null
  controller.dialling = {
    to,
    ownType,
    share: scanWindow / scanInterval,
    interval: parameters.readUInt16LE(15),
    latency: parameters.readUInt16LE(17),
    timeout: parameters.readUInt16LE(19),
  }
  return null
}

function refuseConnect(
  controller: Controller,
  to: { type: number; bytes: Buffer },
  ownType: number,
  share: number,
): number {
  if (controller.dialling !== null || !controller.mayBe('central')) return STATUS.disallowed
  if (!(share > 0 && share <= 1) || controller.address(ownType) === null) return STATUS.invalid
  if (!controller.hasRoom) return STATUS.tooManyConnections
  for (const { peer } of controller.links.values()) {
    if (sameAddress(peer, to)) return STATUS.alreadyConnected
  }
  return STATUS.ok
}

function cancelConnect(controller: Controller): Buffer | null {
  if (controller.dialling === null) return fail(STATUS.disallowed)
  controller.dialling = null
  complete(controller, OP.leCancelConnect, ok())
  controller.host.leEvent(
    LE.connected,
    Buffer.concat([fail(STATUS.unknownConnection), Buffer.alloc(17)]),
  )
  return null
}

function updateConnection(controller: Controller, parameters: Buffer): null {
  const handle = parameters.subarray(0, 2)
  const held = controller.links.get(handle.readUInt16LE(0))
  status(
    controller,
    OP.leUpdateConnection,
    held === undefined ? STATUS.unknownConnection : STATUS.ok,
  )
  if (held === undefined) return null
  const [interval, latency, timeout] = [4, 6, 8].map((at) => parameters.subarray(at, at + 2))
  held.link.supervision = timeout!.readUInt16LE(0) * 10
  held.link.tell((host, theirs) => {
    const facts = [ok(), u16(theirs), interval!, latency!, timeout!]
    ;(host as Controller).host.leEvent(LE.updated, Buffer.concat(facts))
  })
  return null
}

function readRemoteFeatures(controller: Controller, parameters: Buffer): null {
  const handle = parameters.subarray(0, 2)
  const known = controller.links.has(handle.readUInt16LE(0))
  status(controller, OP.leReadRemoteFeatures, known ? STATUS.ok : STATUS.unknownConnection)
  if (known) controller.host.leEvent(LE.remoteFeatures, Buffer.concat([ok(), handle, LE_FEATURES]))
  return null
}

function setDataLength(controller: Controller, parameters: Buffer): Buffer | null {
  const handle = parameters.subarray(0, 2)
  if (!controller.links.has(handle.readUInt16LE(0)))
    return Buffer.from([STATUS.unknownConnection, ...handle])
  const most = MAX_DATA.map(u16)
  complete(controller, OP.leSetDataLength, ok(handle))
  controller.host.leEvent(LE.dataLength, Buffer.concat([handle, ...most, ...most]))
  return null
}

function disconnect(controller: Controller, parameters: Buffer): null {
  const held = controller.links.get(parameters.readUInt16LE(0))
  status(controller, OP.disconnect, held === undefined ? STATUS.unknownConnection : STATUS.ok)
  held?.link.hangUp(controller, parameters[2]!)
  return null
}

function readRemoteVersion(controller: Controller, parameters: Buffer): null {
  const handle = parameters.subarray(0, 2)
  const known = controller.links.has(handle.readUInt16LE(0))
  status(controller, OP.readRemoteVersion, known ? STATUS.ok : STATUS.unknownConnection)
  const version = Buffer.from([9, 0xf1, 0x05, 0, 0])
  if (known) controller.host.event(EVT.remoteVersion, Buffer.concat([ok(), handle, version]))
  return null
}
