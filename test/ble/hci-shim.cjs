'use strict'
// Preloaded (`node --require`), it gives noble and bleno of both families the controller behind a unix socket
// instead of the computer's own. Inert without PORCHLIGHT_TEST_HCI (the socket's path) and
// PORCHLIGHT_TEST_HCI_FAIL (none, unsupported, eperm or off: the states of a computer without usable Bluetooth).
// One pipe for the whole process, as noble and bleno share one adapter: each hears all events of both.
const { EventEmitter } = require('node:events')
const { existsSync } = require('node:fs')
const Module = require('node:module')
const net = require('node:net')

const PATH = process.env.PORCHLIGHT_TEST_HCI
const FAIL = process.env.PORCHLIGHT_TEST_HCI_FAIL
const PACKAGE = /(?:^|\/)@(abandonware|stoprocent)\/bluetooth-hci-socket(?:$|\/)/
const RESET = 0x0c03
const [COMMAND, ACL, EVENT, POWER] = [1, 2, 4, 0xfe]
const MESSAGE = {
  EPERM: [1, 'Operation not permitted'],
  ENODEV: [19, 'No such device'],
  EBADFD: [77, 'File descriptor in bad state'],
  EAFNOSUPPORT: [97, 'Address family not supported by protocol'],
  ENETDOWN: [100, 'Network is down'],
}

/** Errors as each family's native part makes them: stoprocent's carry no `code`. */
function failure(family, code, syscall) {
  const [errno, text] = MESSAGE[code]
  if (family === 'stoprocent') return Object.assign(new Error(text), { syscall, errno })
  return Object.assign(new Error(`${code}, ${text}`), { code, syscall, errno })
}

/** The process's one connection to its controller. */
class Pipe {
  constructor() {
    this.users = new Set()
    this.up = true
    this.open = true
    this.rest = Buffer.alloc(0)
    this.socket = net.connect(PATH)
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.open = this.up = false
    })
    this.socket.on('data', (chunk) => this.read(chunk))
    // The kernel resets a controller when it comes up; nobody asked, so nobody hears the answer.
    this.swallow = 1
    this.socket.write(Buffer.from([COMMAND, RESET & 0xff, RESET >> 8, 0]))
  }

  read(chunk) {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    for (;;) {
      const length = packetLength(bytes, at)
      if (length === 0 || at + length > bytes.length) break
      this.deliver(Buffer.from(bytes.subarray(at, at + length)))
      at += length
    }
    this.rest = Buffer.from(bytes.subarray(at))
  }

  deliver(packet) {
    if (packet[0] === POWER) {
      this.up = packet[1] === 1
      return
    }
    if (this.swallow > 0 && isAnswerTo(packet, RESET)) {
      this.swallow--
      return
    }
    for (const user of this.users) user.emit('data', packet)
  }

  release(user) {
    if (this.users.delete(user) && this.users.size === 0) this.socket.destroy()
  }
}

/** Bytes of the packet at `at`; 0 while that is not known. */
function packetLength(bytes, at) {
  const left = bytes.length - at
  if (left < 2) return 0
  if (bytes[at] === POWER) return 2
  if (bytes[at] === EVENT) return left < 3 ? 0 : 3 + bytes[at + 2]
  if (bytes[at] === ACL) return left < 5 ? 0 : 5 + bytes.readUInt16LE(at + 3)
  throw new Error(`The controller at ${PATH} sent a packet of type ${bytes[at]}, which is not HCI.`)
}

function isAnswerTo(packet, opcode) {
  return (
    packet[0] === EVENT &&
    packet[1] === 0x0e &&
    packet.length >= 6 &&
    packet.readUInt16LE(4) === opcode
  )
}

let pipe = null

function sharedPipe() {
  if (pipe === null || !pipe.open) pipe = new Pipe()
  return pipe
}

function socketClass(family) {
  return class HciUnixSocket extends EventEmitter {
    constructor() {
      super()
      this.pipe = null
      this.control = false
      if (FAIL === 'unsupported' && family === 'abandonware')
        throw failure(family, 'EAFNOSUPPORT', 'socket')
    }

    bindRaw(device) {
      return this.bind(device)
    }

    bindUser(device) {
      return this.bind(device)
    }

    bind(device) {
      // Without the address family stoprocent's bind reports an error and gives nothing.
      if (FAIL === 'unsupported')
        return void this.emit('error', failure(family, 'EAFNOSUPPORT', 'socket creation failed'))
      if (FAIL === 'none' || (!FAIL && !existsSync(PATH))) throw failure(family, 'ENODEV', 'bind')
      if (!FAIL && this.pipe === null) {
        this.pipe = sharedPipe()
        this.pipe.users.add(this)
      }
      return device ?? 0
    }

    bindControl() {
      this.control = true
    }

    start() {}

    stop() {
      this.pipe?.release(this)
      this.pipe = null
    }

    reset() {
      this.write(Buffer.from([COMMAND, RESET & 0xff, RESET >> 8, 0]))
    }

    setFilter() {
      if (FAIL === 'unsupported')
        this.emit('error', failure(family, 'EAFNOSUPPORT', 'socket creation failed'))
    }

    isDevUp() {
      if (FAIL) return FAIL === 'eperm'
      return this.pipe !== null && this.pipe.up
    }

    getDeviceList() {
      if (FAIL === 'none' || FAIL === 'unsupported') return []
      const unknown = { idVendor: null, idProduct: null, busNumber: null, deviceAddress: null }
      return [{ devId: 0, devUp: this.isDevUp(), ...unknown }]
    }

    cleanup() {}

    write(packet) {
      if (this.control) return
      const code = this.refusal()
      if (code === null) this.pipe.socket.write(Buffer.from(packet))
      else
        this.emit(
          'error',
          failure(family, code, code === 'EAFNOSUPPORT' ? 'socket creation failed' : 'write'),
        )
    }

    /** Why a write fails now, or null. */
    refusal() {
      if (FAIL === 'unsupported') return 'EAFNOSUPPORT'
      if (FAIL === 'eperm') return 'EPERM'
      if (FAIL === 'off') return 'ENETDOWN'
      if (this.pipe === null || !this.pipe.open) return 'EBADFD'
      return this.pipe.up ? null : 'ENETDOWN'
    }
  }
}

if (PATH || FAIL) {
  const classes = { abandonware: socketClass('abandonware'), stoprocent: socketClass('stoprocent') }
  classes.stoprocent.loadDriver = () => classes.stoprocent
  // As in the native class, its methods can not be assigned to.
  for (const { prototype } of Object.values(classes)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      Object.defineProperty(prototype, name, { writable: false })
    }
  }
  const load = Module._load
  Module._load = function (request, ...rest) {
    const family = PACKAGE.exec(request)?.[1]
    return family === undefined ? load.call(this, request, ...rest) : classes[family]
  }
}
