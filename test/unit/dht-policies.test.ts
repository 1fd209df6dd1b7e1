import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Budget } from '../../transports/budget.ts'
import { Cooldown } from '../../transports/dht/cooldown.ts'
import { Crowd } from '../../transports/dht/crowd.ts'
import { ForcedDials } from '../../transports/dht/forced-dials.ts'
import { LEAST_MOVED, RelayUse } from '../../transports/dht/relay-use.ts'
import {
  HandshakeGate,
  MAX_HANDSHAKES,
  MAX_HANDSHAKES_PER_ADDRESS,
} from '../../transports/dht/handshake-gate.ts'
import { mayFrom, roundAfter } from '../../transports/dht/refresh-policy.ts'
import { RelayChoice } from '../../transports/dht/relay-choice.ts'
import { FIRST, afterQuestion, patience, rest } from '../../transports/dht/uplink-policy.ts'
import type { UplinkState } from '../../transports/dht/uplink-policy.ts'

const after = (state: UplinkState, ...answers: boolean[]): UplinkState =>
  answers.reduce((known, answered) => afterQuestion(known, answered, false), state)

describe('the uplink', () => {
  test('one unanswered question at the start is enough, three later', () => {
    expect(after(FIRST, false).uplink).toBe('down')
    const up = after(FIRST, true)
    expect(up.uplink).toBe('up')
    expect([1, 2, 3].map((n) => after(up, ...Array<boolean>(n).fill(false)).uplink)).toEqual([
      'doubt',
      'doubt',
      'down',
    ])
    expect(after(up, false, false, true)).toEqual(up)
    expect(after(up, false, false, false, true).uplink).toBe('up')
  })

  test('links that carry bytes are a sign of life, but bring nothing back that is away', () => {
    const doubt = after(FIRST, true, false, false)
    expect(afterQuestion(doubt, false, true).uplink).toBe('up')
    expect(afterQuestion(after(FIRST, false), false, true).uplink).toBe('down')
  })

  test('it is asked for twice a second while it is away, ever less where bytes cost', () => {
    const down = after(FIRST, false)
    expect(patience(down, false)).toBeLessThanOrEqual(500)
    expect(patience({ ...down, misses: 10_000 }, false)).toBeLessThanOrEqual(1_000)
    expect(patience(down, true)).toBeGreaterThan(patience({ ...down, misses: 10_000 }, false))
    expect(rest(true)).toBeGreaterThan(rest(false))
  })
})

describe('handshakes that others begin', () => {
  test('A13: an address has eight places, all have 64, and the busiest gives way', () => {
    const gate = new HandshakeGate()
    for (let i = 0; i < 100; i++) gate.enter(`flood ${i}`, 'one')
    expect(gate.size).toBe(MAX_HANDSHAKES_PER_ADDRESS)
    for (let from = 0; from < 20; from++) {
      for (let i = 0; i < 20; i++) gate.enter(`${from} ${i}`, `address ${from}`)
    }
    expect(gate.size).toBe(MAX_HANDSHAKES)
    const honest = gate.enter('honest', 'elsewhere')
    expect([honest.admitted, typeof honest.victim]).toEqual([true, 'string'])
    expect(gate.size).toBe(MAX_HANDSHAKES)
    gate.leave('honest')
    gate.leave('honest')
    expect(gate.size).toBe(MAX_HANDSHAKES - 1)
  })

  test('whatever comes, the places are counted right', () => {
    const step = fc.record({ key: fc.nat(200), from: fc.nat(12), leaves: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const gate = new HandshakeGate()
        const inside = new Map<string, string>()
        for (const [at, { key, from, leaves }] of steps.entries()) {
          if (leaves) {
            gate.leave(`${key}`)
            inside.delete(`${key}`)
            continue
          }
          const name = `${key} ${at}`
          const { admitted, victim } = gate.enter(name, `${from}`)
          if (victim !== undefined) inside.delete(victim)
          if (admitted) inside.set(name, `${from}`)
          const own = [...inside.values()].filter((address) => address === `${from}`).length
          expect(own).toBeLessThanOrEqual(MAX_HANDSHAKES_PER_ADDRESS)
          expect(gate.size).toBe(inside.size)
          expect(gate.size).toBeLessThanOrEqual(MAX_HANDSHAKES)
        }
      }),
    )
  })
})

describe('bounds', () => {
  test('a crowd is counted by address', () => {
    const crowd = new Crowd(3, 2)
    crowd.add('a')
    crowd.add('a')
    expect([crowd.hasRoom('a'), crowd.hasRoom('b')]).toEqual([false, true])
    crowd.add('b')
    expect(crowd.hasRoom('c')).toBe(false)
    crowd.delete('a')
    crowd.delete('nobody')
    expect([crowd.size, crowd.hasRoom('a')]).toEqual([2, true])
  })

  test('a budget refills with time and never beyond its most', () => {
    const budget = new Budget(2, 1, 0)
    expect([1, 1, 1].map((amount) => budget.take(amount, 0))).toEqual([true, true, false])
    expect([budget.take(1, 999), budget.take(1, 1_000), budget.take(1, 1_500)]).toEqual([
      false,
      true,
      false,
    ])
    expect([1, 1, 1].map((amount) => budget.take(amount, 60_000))).toEqual([true, true, false])
    expect(new Budget(100, 100, 0).owe(300, 0)).toBe(2_000)
  })

  test('A13: relays that one address names take nothing from those that others name', () => {
    const dials = new ForcedDials(0)
    const taken = (address: string, n: number, now: number): number =>
      Array.from({ length: n }, () => dials.take(address, now)).filter(Boolean).length
    expect(taken('flood', 1_000, 0)).toBe(2)
    expect(taken('honest', 1, 0)).toBe(1)
    for (let second = 1; second <= 60; second++) taken('flood', 100, second * 1_000)
    expect(taken('another', 1, 60_000)).toBe(1)
    let all = 0
    for (let i = 0; i < 200; i++) all += taken(`crowd ${i}`, 5, 60_000)
    expect(all).toBeLessThanOrEqual(16)
    expect(taken('flood', 5, 120_000)).toBe(2)
  })

  test('A16: a session with the relay that was paired once and carries nothing is idle', () => {
    const use = new RelayUse()
    expect(use.idle()).toBe(true)
    const stream = { bytesReceived: 100_000 }
    use.paired(stream)
    expect(use.idle()).toBe(true)
    stream.bytesReceived += LEAST_MOVED
    expect([use.idle(), use.idle()]).toEqual([false, true])
    const other = { bytesReceived: 0 }
    use.paired(other)
    other.bytesReceived = LEAST_MOVED
    expect(use.idle()).toBe(false)
    use.ended(other)
    other.bytesReceived *= 3
    expect(use.idle()).toBe(true)
  })

  test('a peer that misbehaved is left alone for ten minutes, and few are remembered', () => {
    const cooldown = new Cooldown()
    const peer = Buffer.alloc(32, 1)
    cooldown.begin(peer, 0)
    expect([cooldown.has(peer, 599_999), cooldown.has(peer, 600_000)]).toEqual([true, false])
    cooldown.begin(peer, 0)
    for (let i = 0; i < 1_024; i++) {
      const other = Buffer.alloc(32, 2)
      other.writeUInt32LE(i)
      cooldown.begin(other, 0)
    }
    expect(cooldown.has(peer, 1)).toBe(false)
  })
})

describe('looking again', () => {
  test('rounds grow further apart and end; a metered line has fewer', () => {
    const rounds = [0, 1, 2, 3, 4].map((round) => roundAfter(round, false)!)
    expect(rounds).toEqual([...rounds].sort((a, b) => a - b))
    expect(rounds[0]).toBeLessThanOrEqual(1_000)
    expect(roundAfter(5, false)).toBeNull()
    expect(roundAfter(1, true)).toBeNull()
    expect(mayFrom(1_000, true)).toBeGreaterThan(mayFrom(1_000, false))
  })
})

describe('which relay', () => {
  const keys = [1, 2].map((fill) => Buffer.alloc(32, fill))

  test('none unless it is needed; the best first, and each in its turn', () => {
    const choice = new RelayChoice()
    expect(choice.pick(true, true, null)).toBeNull()
    choice.set(keys)
    expect(choice.pick(false, false, null)).toBeNull()
    expect(choice.pick(false, true, null)).toEqual(keys[0])
    expect([1, 2, 3].map(() => choice.pick(true, false, null))).toEqual([keys[0], keys[1], keys[0]])
  })

  test('never its own, and at most eight', () => {
    const choice = new RelayChoice()
    choice.set(keys)
    expect([1, 2].map(() => choice.pick(true, false, keys[0]!))).toEqual([keys[1], keys[1]])
    choice.set([keys[0]!])
    expect(choice.pick(true, true, keys[0]!)).toBeNull()
    choice.set(Array.from({ length: 20 }, (_, i) => Buffer.alloc(32, i)))
    const tried = Array.from({ length: 40 }, () => choice.pick(true, true, null)!.toString('hex'))
    expect(new Set(tried).size).toBe(8)
  })
})
