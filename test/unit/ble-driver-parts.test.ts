import { EventEmitter } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { seededRandom } from '../../core/random.ts'
import { HciLink } from '../../transports/ble/driver/hci-link.ts'
import type { HciHost } from '../../transports/ble/driver/hci-host.ts'
import { Outbox } from '../../transports/ble/driver/outbox.ts'
import { decodePeer, encodePeer } from '../../transports/ble/driver/peer-name.ts'
import { randomAddress } from '../../transports/ble/driver/random-address.ts'
import { restartWait } from '../../transports/ble/driver/restart-policy.ts'
import { SightingLimit } from '../../transports/ble/driver/sighting-limit.ts'
import {
  reasonOf,
  troubleOf,
  troubleOfSocket,
  troubleOfState,
} from '../../transports/ble/driver/trouble.ts'
import { TROUBLES } from '../../transports/ble/driver/ipc-codec.ts'

describe('packets on their way to the controller', () => {
  function outbox(count: number, length = 251): { box: Outbox; host: EventEmitter } {
    const host = Object.assign(new EventEmitter(), { buffers: { count, length } })
    return { box: new Outbox(host as unknown as HciHost, 1_000), host }
  }
  function link(handle: number): HciLink {
    const one = new HciLink({ handle, role: 'central', address: '', addressType: 'random' })
    one.mtu = 517
    return one
  }

  test('are handed over as there are buffers, and the next as one is free', () => {
    const { box, host } = outbox(2)
    const [one, out] = [link(1), [] as number[]]
    box.open(one, (packet) => out.push(packet[0]!))
    for (const n of [1, 2, 3, 4]) expect(box.add(one, Buffer.from([n]))).toBe(true)
    expect(out).toEqual([1, 2])
    host.emit('sent', one, 1, 1)
    expect(out).toEqual([1, 2, 3])
  })

  test('of a link that does not move leave buffers to the others', () => {
    const { box, host } = outbox(4)
    const [stuck, moves, out] = [link(1), link(2), [] as string[]]
    box.open(stuck, () => out.push('stuck'))
    box.open(moves, () => out.push('moves'))
    for (let n = 0; n < 8; n++) box.add(stuck, Buffer.from([n]))
    for (let n = 0; n < 4; n++) {
      box.add(moves, Buffer.from([n]))
      host.emit('sent', moves, 1, 1)
    }
    expect(out.filter((who) => who === 'moves')).toHaveLength(4)
    expect(out.filter((who) => who === 'stuck')).toHaveLength(2)
  })

  test('that need more buffers than there are go alone', () => {
    const { box, host } = outbox(2, 27)
    const [one, out] = [link(1), [] as number[]]
    box.open(one, (packet) => out.push(packet.length))
    box.add(one, Buffer.alloc(200))
    box.add(one, Buffer.alloc(200))
    expect(out).toEqual([200])
    host.emit('sent', one, 8, 200)
    expect(out).toEqual([200, 200])
  })

  test('are refused beyond a bound, beyond the MTU, and once the link is gone', () => {
    const { box, host } = outbox(1)
    const one = link(1)
    box.open(one, () => {})
    expect(box.add(one, Buffer.alloc(500))).toBe(true)
    expect(box.add(one, Buffer.alloc(500))).toBe(true)
    expect(box.add(one, Buffer.alloc(500))).toBe(true)
    expect(box.add(one, Buffer.alloc(1))).toBe(false)
    one.mtu = 23
    host.emit('sent', one, 2, 500)
    expect(box.add(one, Buffer.alloc(21))).toBe(false)
    host.emit('disconnected', one)
    expect(box.add(one, Buffer.alloc(1))).toBe(false)
  })
})

describe('sightings', () => {
  test('of one device are told some times a second, what is new in them at once', () => {
    const limit = new SightingLimit()
    const [same, other] = [Buffer.from([1]), Buffer.from([2])]
    const told = [0, 100, 200, 300, 400, 650].filter((now) => limit.take('a', same, now))
    expect(told).toEqual([0, 300, 650])
    expect(limit.take('a', other, 660)).toBe(true)
  })

  test('of many devices are told so many times a second, and few are remembered', () => {
    const limit = new SightingLimit()
    let told = 0
    for (let n = 0; n < 10_000; n++) if (limit.take(`${n}`, Buffer.from([1]), n / 10)) told++
    expect(told).toBe(200)
    // Long gone from its memory, and so told again at once.
    for (let n = 0; n < 600; n++) limit.take(`${n}`, Buffer.from([1]), 10_000 + 10 * n)
    expect(limit.take('0', Buffer.from([1]), 16_001)).toBe(true)
    expect(limit.take('599', Buffer.from([1]), 16_001)).toBe(false)
  })
})

describe('why there is no Bluetooth', () => {
  const missing = (what: string): Error =>
    Object.assign(new Error(`Cannot find module '${what}'`), { code: 'MODULE_NOT_FOUND' })

  test.each([
    [missing('@abandonware/noble'), 'package'],
    [missing('@abandonware/bleno'), 'package'],
    [missing('../build/Release/bluetooth_hci_socket.node'), 'native'],
    [Object.assign(new Error('wrong ELF class'), { code: 'ERR_DLOPEN_FAILED' }), 'native'],
    [new Error('No native build was found for platform=linux'), 'native'],
    [Object.assign(new Error('EPERM'), { code: 'EPERM' }), 'permission'],
    [new Error('No such device'), 'adapter'],
    [Object.assign(new Error('x'), { code: 'EAFNOSUPPORT' }), 'unsupported'],
    [undefined, 'unsupported'],
  ])('%s: %s', (error, trouble) => {
    expect(troubleOf(error, 'abandonware')).toBe(trouble)
  })

  test('is seen by the states and sockets of noble and bleno too', () => {
    expect(troubleOfState('poweredOff', 1)).toBe('off')
    expect(troubleOfState('unauthorized', 1)).toBe('permission')
    expect(troubleOfState('unsupported', 0)).toBe('adapter')
    expect(troubleOfState('unsupported', 1)).toBe('unsupported')
    expect(troubleOfState('poweredOn', 1)).toBeNull()
    expect(troubleOfSocket({ errno: 1, syscall: 'write' })).toBe('permission')
    expect(troubleOfSocket({ errno: 97, syscall: 'socket creation failed' })).toBe('unsupported')
    expect(troubleOfSocket(new Error('Network is down'))).toBeNull()
  })

  test.each(TROUBLES)('%s has a sentence for each family', (trouble) => {
    for (const name of ['stoprocent', 'abandonware'] as const) {
      expect(reasonOf(trouble, name)).toMatch(/^[A-Z].{30,}/)
    }
  })
})

test('a child that crashed is started again soon, one without an adapter seldom', () => {
  const waits = (trouble: 'adapter' | 'stuck' | 'off' | null): number[] =>
    [1, 2, 3, 20].map((failures) => restartWait({ trouble, cameBack: false, failures }))
  expect(waits(null)).toEqual([500, 1_000, 2_000, 60_000])
  expect(waits('stuck')).toEqual([500, 1_000, 2_000, 60_000])
  expect(waits('adapter')).toEqual([60_000, 120_000, 240_000, 600_000])
  expect(waits('off')).toEqual([1_000, 1_000, 1_000, 1_000])
  expect(restartWait({ trouble: 'off', cameBack: true, failures: 1 })).toBe(500)
})

test('a device is named by its address and what kind of address that is', () => {
  const peer = { address: '4a:01:02:03:04:ff', addressType: 'random' } as const
  expect(decodePeer(encodePeer(peer))).toEqual(peer)
  for (const name of ['', '4a:01:02:03:04:ff', '4a:01:02:03:04:ff/other', `x${encodePeer(peer)}`]) {
    expect(decodePeer(name)).toBeNull()
  }
})

test('A33: addresses are of the form of those that phones draw, and each is another', () => {
  const random = seededRandom(5)
  const drawn = Array.from({ length: 50 }, () => randomAddress(random))
  expect(new Set(drawn).size).toBe(50)
  for (const address of drawn) expect(address).toMatch(/^[4-7][\da-f](:[\da-f]{2}){5}$/)
})
