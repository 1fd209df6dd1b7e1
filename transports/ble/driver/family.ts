/**
 * The two families of noble and bleno, which differ in little: how a link is named in bleno's callbacks, how many
 * bleno serves, and where they keep what they should forget. Neither has types.
 */
import { createRequire } from 'node:module'
import type { AddressType } from './hci-codec.ts'
import type { HciHost, LibraryHci } from './hci-host.ts'
import type { HciSocket } from './hci-socket.ts'

/** Which family: `@stoprocent/…` or `@abandonware/…`. */
export type FamilyName = 'stoprocent' | 'abandonware'

export interface NobleCharacteristic {
  readonly uuid: string
  on(event: 'data', listener: (data: Buffer) => void): unknown
  subscribe(callback: (error?: unknown) => void): void
  write(data: Buffer, withoutResponse: boolean): void
}

export interface NoblePeripheral {
  readonly id: string
  discoverSomeServicesAndCharacteristics(
    services: string[],
    characteristics: string[],
    callback: (error: unknown, services: unknown, found: NobleCharacteristic[]) => void,
  ): void
}

/** What bleno serves; `handle` is null in the family that serves one link at a time. */
export interface Service {
  readonly uuid: string
  /** The characteristic that the other end writes to. */
  readonly written: string
  /** The one that it subscribes to. */
  readonly notified: string
  onwrite(handle: number | null, data: Buffer): void
  onsubscribe(handle: number | null, notify: (data: Buffer) => void): void
  onunsubscribe(handle: number | null): void
}

export interface Limits {
  /** Links that bleno serves at once. */
  readonly accepted: number
  /** Links that noble makes, at most. */
  readonly dialled: number
  readonly links: number
}

/** One family, loaded. */
export interface Family extends Limits {
  /** How many adapters this computer has, of those that may be used. */
  adapters(): number
  /** Starts noble (then bleno) and tells its states: `poweredOn`, `poweredOff`, `unauthorized`, `unsupported`. */
  startCentral(onstate: (state: string) => void): void
  startPeripheral(onstate: (state: string) => void): void
  /** Makes the device known to noble, as if it had been heard. */
  introduce(address: string, addressType: AddressType): NoblePeripheral
  forget(peripheral: NoblePeripheral): void
  serve(service: Service): void
}

/** Links that a family is good for; adapters hold seven or so. */
export const LIMITS: Readonly<Record<FamilyName, Limits>> = {
  stoprocent: { accepted: 7, dialled: 4, links: 7 },
  abandonware: { accepted: 1, dialled: 4, links: 5 },
}

type Listener = (...args: any[]) => void
interface Emitter {
  on(event: string, listener: Listener): unknown
  once(event: string, listener: Listener): unknown
  emit(event: string, ...args: unknown[]): unknown
}
interface Noble extends Emitter {
  _bindings: Emitter & Record<string, unknown>
}
interface Attribute {
  uuid?: string
  type: string
  value?: Buffer | null
}
interface Bleno extends Emitter {
  _bindings: {
    _hci: LibraryHci & { BluetoothHciSocket?: unknown }
    _gatt: { maxMtu: number; _handles: (Attribute | undefined)[] }
  }
  PrimaryService: new (options: object) => unknown
  Characteristic: new (options: object) => unknown
  setServices(services: unknown[]): void
}
interface HciClass {
  prototype: { init: (this: LibraryHci, ...args: unknown[]) => unknown }
}
interface GattClass {
  prototype: { exchangeMtu: (this: { _desired_mtu: number }) => unknown }
}

const GAP_DEVICE_NAME = '2a00'
const NOBLE_TABLES = [
  '_peripherals',
  '_discoveredPeripherals',
  '_discoveredPeripheralUUids',
  '_services',
  '_characteristics',
  '_descriptors',
]
const BINDING_TABLES = ['_addresses', '_addresseTypes', '_connectable', 'scannable']

/** Loads a family, which negotiates at most `mtu`; throws what `require` throws. */
export function loadFamily(name: FamilyName, host: HciHost, mtu: number): Family {
  const require = createRequire(import.meta.url)
  const noble = loadNoble(name, require)
  const bleno = require(`@${name}/bleno`) as Bleno
  const NobleHci = require(`@${name}/noble/lib/hci-socket/hci.js`) as HciClass
  const hciPrototype = NobleHci.prototype
  const init = hciPrototype.init
  hciPrototype.init = function (...args) {
    if (!Object.hasOwn(this, 'onSocketData')) host.attach('central', this)
    return init.apply(this, args)
  }
  const NobleGatt = require(`@${name}/noble/lib/hci-socket/gatt.js`) as GattClass
  const gattPrototype = NobleGatt.prototype
  const exchangeMtu = gattPrototype.exchangeMtu
  gattPrototype.exchangeMtu = function () {
    this._desired_mtu = mtu
    return exchangeMtu.call(this)
  }
  bleno._bindings._gatt.maxMtu = mtu
  // One for each link, to store keys of pairings that are never made.
  bleno._bindings._hci.BluetoothHciSocket = NoControlSocket
  return {
    ...LIMITS[name],
    adapters: () => countAdapters(bleno._bindings._hci._socket),
    startCentral: (onstate) => {
      noble.on('stateChange', onstate)
      // The one family says no more than this when there is no adapter.
      noble.on('warning', (text: string) => {
        if (text.startsWith('Initialization')) onstate('unsupported')
      })
    },
    startPeripheral: (onstate) => {
      host.attach('peripheral', bleno._bindings._hci)
      bleno.on('stateChange', onstate)
    },
    introduce: (address, addressType) => introduce(noble, address, addressType),
    forget: (peripheral) => forget(noble, peripheral.id),
    serve: (service) => serve(bleno, service),
  }
}

/** Where the system knows no Bluetooth, to ask is an error. */
function countAdapters(socket: HciSocket): number {
  socket.on('error', () => {})
  const wanted = process.env['NOBLE_HCI_DEVICE_ID']
  try {
    const all = socket.getDeviceList()
    return all.filter(({ devId }) => wanted === undefined || devId === Number(wanted)).length
  } catch {
    return 0
  }
}

function loadNoble(name: FamilyName, require: NodeJS.Require): Noble {
  if (name === 'abandonware') return require('@abandonware/noble') as Noble
  const stoprocent = require('@stoprocent/noble') as {
    withBindings(kind: string, options: object): Noble
  }
  // Its extended commands can not be mixed with the plain ones of bleno.
  return stoprocent.withBindings('hci', { extended: false })
}

function introduce(noble: Noble, address: string, addressType: AddressType): NoblePeripheral {
  const id = address.replaceAll(':', '')
  const tables = noble._bindings as Record<string, Record<string, unknown>>
  tables['_addresses']![id] = address
  tables['_addresseTypes']![id] = addressType
  let found: NoblePeripheral | undefined
  noble.once('discover', (peripheral: NoblePeripheral) => (found = peripheral))
  const advertisement = { serviceData: [], serviceUuids: [], serviceSolicitationUuids: [] }
  noble._bindings.emit('discover', id, address, addressType, false, advertisement, 0, false)
  if (!found) throw new Error('noble took no notice of a device')
  return found
}

function forget(noble: Noble, id: string): void {
  const all = [
    ...NOBLE_TABLES.map((name) => (noble as unknown as Record<string, unknown>)[name]),
    ...BINDING_TABLES.map((name) => noble._bindings[name]),
  ]
  for (const table of all) {
    if (table instanceof Map || table instanceof Set) table.delete(id)
    else if (table) delete (table as Record<string, unknown>)[id]
  }
}

function serve(bleno: Bleno, service: Service): void {
  const { Characteristic, PrimaryService } = bleno
  const written = new Characteristic({
    uuid: service.written,
    properties: ['writeWithoutResponse'],
    onWriteRequest: (...args: unknown[]) => {
      const [handle, data, , , done] = withHandle(args, 5)
      ;(done as (result: number) => void)(0)
      service.onwrite(handle as number | null, data as Buffer)
    },
  })
  const notified = new Characteristic({
    uuid: service.notified,
    properties: ['notify'],
    onSubscribe: (...args: unknown[]) => {
      const [handle, , notify] = withHandle(args, 3)
      service.onsubscribe(handle as number | null, notify as (data: Buffer) => void)
    },
    onUnsubscribe: (...args: unknown[]) => {
      service.onunsubscribe(withHandle(args, 1)[0] as number | null)
    },
  })
  bleno.setServices([
    new PrimaryService({ uuid: service.uuid, characteristics: [written, notified] }),
  ])
  nameless(bleno._bindings._gatt._handles)
}

/** The family that serves several links names the link first. */
function withHandle(args: unknown[], full: number): unknown[] {
  return args.length === full ? args : [null, ...args]
}

/** bleno would tell everybody who connects the name of this computer. */
function nameless(handles: (Attribute | undefined)[]): void {
  const at = handles.findIndex((one) => one?.uuid === GAP_DEVICE_NAME)
  const value = handles[at + 1]
  if (at >= 0 && value?.type === 'characteristicValue') value.value = Buffer.alloc(0)
}

class NoControlSocket {
  on(): void {}
  bindControl(): void {}
  start(): void {}
  stop(): void {}
  write(): void {}
}
