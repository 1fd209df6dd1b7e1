'use strict'
// noble and bleno of one family in a process of their own, driven by messages of the parent: `advertise`, `dial` and
// `echo`. What is written to it comes back as a notification. argv: stoprocent or abandonware.
const family = process.argv[2]
const tell = (what, detail) => process.send({ what, detail })
process.on('uncaughtException', (error) => {
  tell('threw', error.message)
  process.disconnect()
})
process.on('disconnect', () => process.exit(0))

const noble = require(`@${family}/noble`)
const bleno = require(`@${family}/bleno`)
const { prototype } = require(`@${family}/noble/lib/hci-socket/hci`)
const { onSocketError } = prototype
// Errors of the first writes come before anybody could listen to the socket.
prototype.onSocketError = function (error) {
  tell(`noble errno ${error.errno}`)
  return onSocketError.call(this, error)
}
noble.on('warning', (warning) => tell('warning', warning))

const SERVICE = 'ab5e0001e3f24c2a9d1b7c6f5a4b3c2d'
const TO_PERIPHERAL = 'ab5e0002e3f24c2a9d1b7c6f5a4b3c2d'
const TO_CENTRAL = 'ab5e0003e3f24c2a9d1b7c6f5a4b3c2d'
const FLAGS = Buffer.from([2, 1, 6])
const uuidBytes = Buffer.from(SERVICE, 'hex').reverse()

let notify = null
let channel = null

process.on('message', (order) => {
  act(order).catch((error) => tell('failed', String(error)))
})

function poweredOn(name, library) {
  return new Promise((resolve) => {
    library.on('stateChange', (state) => {
      tell(`${name} ${state}`)
      if (state === 'poweredOn') resolve()
    })
  })
}

const ready = (async () => {
  await poweredOn('noble', noble)
  // It would reset the adapter before each dial, and so end bleno's advertising.
  const hci = noble._bindings._hci
  hci.reset = () => hci.afterReset?.()
  await poweredOn('bleno', bleno)
  bleno._bindings._gatt.maxMtu = 517
  bleno.setServices([service()])
  tell('ready')
})()

function service() {
  const received = new bleno.Characteristic({
    uuid: TO_PERIPHERAL,
    properties: ['write', 'writeWithoutResponse'],
    onWriteRequest(...args) {
      if (typeof args[0] === 'number') args.shift()
      const [data, , , done] = args
      done(0)
      notify?.(data)
    },
  })
  const sent = new bleno.Characteristic({
    uuid: TO_CENTRAL,
    properties: ['notify'],
    onSubscribe(...args) {
      notify = args.at(-1)
      tell('subscribed')
    },
    onUnsubscribe() {
      notify = null
      tell('unsubscribed')
    },
  })
  return new bleno.PrimaryService({ uuid: SERVICE, characteristics: [received, sent] })
}

async function act({ order, payload, address, mtu, packets, bytes }) {
  await ready
  if (address) await showAs(address)
  if (order === 'advertise') await advertise(Buffer.from(payload, 'hex'))
  else if (order === 'dial') await dial(payload, mtu)
  else await echo(packets, bytes)
}

/** Sets a random address and has bleno advertise under it: no method does, so what it writes is changed. */
async function showAs(address) {
  const { _socket } = bleno._bindings._hci
  const { write } = _socket
  const patched = (packet) => {
    if (packet.readUInt16LE(1) === 0x2006) packet[9] = 1
    return write.call(_socket, packet)
  }
  Object.defineProperty(_socket, 'write', { value: patched, configurable: true })
  const bytes = Buffer.from(address.replaceAll(':', ''), 'hex').reverse()
  _socket.write(Buffer.from([1, 0x05, 0x20, 6, ...bytes]))
  bleno._bindings._hci.setAdvertisingParameters()
}

async function advertise(payload) {
  const advertisement = Buffer.concat([FLAGS, Buffer.from([17, 7]), uuidBytes])
  const scanResponse = Buffer.concat([Buffer.from([17 + payload.length, 0x21]), uuidBytes, payload])
  await new Promise((resolve, reject) => {
    const done = (error) => (error ? reject(new Error(String(error))) : resolve())
    bleno.startAdvertisingWithEIRData(advertisement, scanResponse, done)
  })
  tell('advertising', bleno.address)
}

/** Dials the first that advertises the payload. */
async function dial(payload, mtu) {
  if (family === 'abandonware') {
    const { prototype } = require('@abandonware/noble/lib/hci-socket/gatt')
    const { exchangeMtu } = prototype
    prototype.exchangeMtu = function () {
      this._desired_mtu = mtu
      return exchangeMtu.call(this)
    }
  }
  const peripheral = await new Promise((resolve) => {
    noble.on('discover', (found) => {
      const [data] = found.advertisement.serviceData
      if (data?.uuid === SERVICE && data.data.toString('hex') === payload) resolve(found)
    })
    noble.startScanning([SERVICE], true)
  })
  tell('sighted', peripheral.address)
  await noble.stopScanningAsync()
  await peripheral.connectAsync({ mtu, minInterval: 6, maxInterval: 18, latency: 0, timeout: 100 })
  peripheral.on('disconnect', (reason) => tell('disconnected', reason))
  const found = await peripheral.discoverSomeServicesAndCharacteristicsAsync(
    [SERVICE],
    [TO_PERIPHERAL, TO_CENTRAL],
  )
  const [out, back] = [TO_PERIPHERAL, TO_CENTRAL].map((uuid) =>
    found.characteristics.find((one) => one.uuid === uuid),
  )
  await back.subscribeAsync()
  channel = { out, back }
  tell('connected', { address: peripheral.address, mtu: peripheral.mtu })
}

/** Sends packets, each when the one before has come back; tells how long that took. */
async function echo(packets, bytes) {
  const waits = []
  for (let i = 0; i < packets; i++) {
    const packet = Buffer.alloc(bytes, i)
    const began = performance.now()
    const answer = await new Promise((resolve) => {
      channel.back.once('data', resolve)
      channel.out.write(packet, true)
    })
    if (!answer.equals(packet))
      throw new Error(`Packet ${i} came back as ${answer.length} other bytes.`)
    waits.push(performance.now() - began)
  }
  tell('echoed', waits)
}
