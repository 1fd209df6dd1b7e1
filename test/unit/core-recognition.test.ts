import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { seededRandom } from '../../core/random.ts'
import { isWornOut } from '../../core/recognition/key-age.ts'
import type { Recognition } from '../../core/recognition/recognition.ts'
import { MAX_KNOWN, readSavedRecognition } from '../../core/recognition/saved-recognition.ts'
import type { SavedRecognition } from '../../core/recognition/saved-recognition.ts'
import { RecognitionLink } from '../../core/session/recognition-link.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { recognition } from './core-recognition.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const [ANN, BOB, CLEO] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
]
const key = (n: number): Buffer => Buffer.alloc(32, n)

class Device {
  readonly clock = new VirtualClock()
  readonly random = seededRandom(1)
  readonly members = new Set([ANN, BOB, CLEO])
  readonly told: { own: Buffer; known: readonly Buffer[] }[] = []
  open = true
  saved: SavedRecognition | null = null
  writes = 0
  keys = this.start()

  start(): Recognition {
    return (this.keys = recognition({
      clock: this.clock,
      random: this.random,
      saved: this.saved && readSavedRecognition(JSON.parse(JSON.stringify(this.saved))),
      save: (saved) => {
        this.saved = saved
        this.writes++
      },
      open: () => this.open,
      shares: (device) => this.open && this.members.has(device),
      onkeys: (own, known) => void this.told.push({ own, known }),
    }))
  }

  /** A session with a peer, and the keys that this was told. */
  session(device: string | null): { link: RecognitionLink; sent: Buffer[] } {
    const sent: Buffer[] = []
    const link = new RecognitionLink({ recognition: this.keys, send: (own) => void sent.push(own) })
    link.member(device)
    return { link, sent }
  }

  async settle(ms = 2_000): Promise<void> {
    await this.clock.run(ms)
  }
}

describe('A33: by what devices recognise each other', () => {
  test('a member is told, and its key is taken; who is none is not told, nor heard until it is one', async () => {
    const device = new Device()
    const bob = device.session(BOB)
    expect(bob.sent).toEqual([device.keys.own])
    bob.link.heard(key(2))

    const guest = device.session(null)
    guest.link.heard(key(9))
    const other = device.session('d'.repeat(64))
    other.link.heard(key(8))
    await device.settle()
    expect([guest.sent, other.sent]).toEqual([[], []])
    expect(device.told.at(-1)).toEqual({ own: device.keys.own, known: [key(2)] })

    guest.link.member(CLEO)
    await device.settle()
    expect(guest.sent).toEqual([device.keys.own])
    expect(device.told.at(-1)!.known).toEqual([key(9), key(2)])
  })

  test('one that shares a room only later is told then', async () => {
    const device = new Device()
    device.members.delete(BOB)
    const bob = device.session(BOB)
    bob.link.heard(key(2))
    await device.settle()
    expect(bob.sent).toEqual([])
    device.members.add(BOB)
    device.keys.changed()
    await device.settle()
    expect(bob.sent).toHaveLength(1)
    expect(device.keys.known).toEqual([key(2)])
  })

  test('once somebody who knows it shares no room any more, it is another, and told anew', async () => {
    const device = new Device()
    const [bob, cleo] = [device.session(BOB), device.session(CLEO)]
    bob.link.heard(key(2))
    cleo.link.heard(key(3))
    await device.settle()
    const before = device.keys.own
    device.members.delete(BOB)
    device.keys.changed()
    await device.settle()
    expect(device.keys.own).not.toEqual(before)
    expect(cleo.sent).toEqual([before, device.keys.own])
    expect(bob.sent).toEqual([before])
    expect(device.told.at(-1)).toEqual({ own: device.keys.own, known: [key(3)] })
    // Who left before it was told is no reason.
    const now = device.keys.own
    device.keys.changed()
    await device.settle()
    expect(device.keys.own).toEqual(now)
  })

  test('it is another after 30 days, and each session is told', async () => {
    const device = new Device()
    const { sent } = device.session(ANN)
    await device.settle(29 * DAY)
    expect(sent).toHaveLength(1)
    await device.settle(2 * DAY)
    expect(sent).toEqual([sent[0], device.keys.own])
    expect(sent[0]).not.toEqual(sent[1])
    const since = 100 * DAY
    expect(isWornOut({ since, now: since + 29 * DAY, leaked: false })).toBe(false)
    expect(isWornOut({ since, now: since - 31 * DAY, leaked: false })).toBe(true)
    expect(isWornOut({ since, now: since, leaked: true })).toBe(true)
  })

  test('while rooms are not open, nobody counts as gone', async () => {
    const device = new Device()
    const { link } = device.session(BOB)
    link.heard(key(2))
    await device.settle()
    const { own } = device.keys
    device.open = false
    device.keys.changed()
    await device.settle()
    expect([device.keys.own, device.keys.known]).toEqual([own, [key(2)]])
  })

  test('a restart keeps all of it, what was gathered last as well', async () => {
    const device = new Device()
    const { own } = device.keys
    for (const [n, peer] of [ANN, BOB, CLEO].entries()) device.session(peer).link.heard(key(n))
    device.keys.close()
    device.start()
    expect(device.keys.own).toEqual(own)
    expect(device.keys.known).toEqual([key(2), key(1), key(0)])
    // Of whom it was told to is remembered too.
    device.members.delete(ANN)
    device.keys.changed()
    await device.settle()
    expect(device.keys.own).not.toEqual(own)
  })

  test('of more than 1,024 those met longest ago are forgotten; of one device the last word counts', async () => {
    const device = new Device()
    const name = (n: number): string => n.toString(16).padStart(64, '0')
    for (let n = 0; n < MAX_KNOWN + 10; n++) {
      device.members.add(name(n))
      const { link } = device.session(name(n))
      for (const last of [1, 2]) link.heard(Buffer.from(name(n * 10 + last), 'hex'))
    }
    // Another key counts a minute after the one before.
    await device.settle(2 * MINUTE)
    const { known } = device.told.at(-1)!
    expect(known).toHaveLength(MAX_KNOWN)
    expect(known[0]).toEqual(Buffer.from(name((MAX_KNOWN + 9) * 10 + 2), 'hex'))
    expect(readSavedRecognition(device.saved)!.known).toHaveLength(MAX_KNOWN)
  })

  test('what changes nothing is neither saved nor told to transports', async () => {
    const device = new Device()
    device.session(BOB).link.heard(key(2))
    await device.settle()
    const times = device.told.length
    device.session(BOB).link.heard(key(2))
    device.keys.changed()
    await device.settle(3 * DAY)
    expect(device.told).toHaveLength(times)
  })

  test('a member that tells another key each second causes one write a minute; its last word counts in the end', async () => {
    const device = new Device()
    await device.settle()
    const { writes } = device
    let { link } = device.session(BOB)
    for (let n = 0; n < 300; n++) {
      // Another session is no way around it.
      if (n % 50 === 49) {
        link.close()
        link = device.session(BOB).link
      }
      link.heard(Buffer.alloc(32, `key ${n}`))
      await device.settle(1_000)
    }
    expect(device.writes - writes).toBeGreaterThan(3)
    expect(device.writes - writes).toBeLessThan(8)
    link.heard(key(9))
    await device.settle(2 * MINUTE)
    expect(device.told.at(-1)!.known).toEqual([key(9)])
  })

  test('who was met last is kept by and by: within the hour, with other news, or at the end', async () => {
    const device = new Device()
    const meet = (peer: string, n: number): void => device.session(peer).link.heard(key(n))
    const kept = (): string[] => device.saved!.known.map(([peer]) => peer)
    for (const [n, peer] of [ANN, BOB].entries()) meet(peer, n)
    await device.settle()
    const { writes } = device
    for (let n = 0; n < 10; n++) {
      meet(ANN, 0)
      meet(BOB, 1)
      meet(ANN, 0)
      device.keys.changed()
      await device.settle(MINUTE)
    }
    expect([device.writes - writes, kept()]).toEqual([0, [BOB, ANN]])
    await device.settle(HOUR)
    expect([device.writes - writes, kept()]).toEqual([1, [ANN, BOB]])
    meet(BOB, 1)
    meet(CLEO, 2)
    await device.settle()
    expect([device.writes - writes, kept()]).toEqual([2, [CLEO, BOB, ANN]])
    meet(ANN, 0)
    device.keys.close()
    expect([device.writes - writes, kept()]).toEqual([3, [ANN, CLEO, BOB]])
  })

  test('nobody is known by a key of another, or of this device, before that one is gone', async () => {
    const device = new Device()
    device.session(ANN).link.heard(key(1))
    const { link } = device.session(BOB)
    link.heard(key(1))
    await device.settle()
    expect(device.saved!.known).toEqual([[ANN, key(1).toString('hex')]])
    link.heard(device.keys.own)
    await device.settle()
    expect(device.keys.known).toEqual([key(1)])
    link.heard(key(1))
    device.members.delete(ANN)
    device.keys.changed()
    await device.settle()
    expect(device.saved!.known).toEqual([[BOB, key(1).toString('hex')]])
  })
})

test('whatever a state file says, what is read of it is bounded and has its form', () => {
  const hex = fc.constantFrom(ANN, BOB, 'A'.repeat(64), 'zz', '')
  const anything = fc.oneof(fc.anything(), hex, fc.integer())
  const shaped = fc.record({
    own: anything,
    since: anything,
    told: fc.oneof(fc.array(anything), anything),
    known: fc.oneof(fc.array(fc.oneof(fc.array(anything), anything)), anything),
  })
  fc.assert(
    fc.property(fc.oneof(fc.anything(), shaped), (stored) => {
      const saved = readSavedRecognition(stored)
      if (!saved) return
      for (const one of [saved.own, ...saved.told, ...saved.known.flat()]) {
        expect(one).toMatch(/^[0-9a-f]{64}$/)
      }
    }),
  )
})
