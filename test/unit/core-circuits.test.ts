import { describe, expect, test } from '@jest/globals'
import { WINDOW } from '../../core/circuit/messages.ts'
import { RELAY_LIMITS } from '../../core/circuit/relay.ts'
import { between, CraftedNeighbour } from '../hostile/crafted-neighbour.ts'
import { CircuitStreet } from './core-circuit-street.ts'
import type { House } from './core-circuit-street.ts'

const LONG = 120_000
const MINUTES = 60_000

function names(n: number): string[] {
  return Array.from({ length: n }, (_, i) => `h${i}`)
}

/** All frames that leave a house from now on. */
function countFrames(house: House): { sent: number } {
  const count = { sent: 0 }
  for (const all of house.peers.values()) {
    for (const connection of all) {
      const write = connection.mux.stream.write.bind(connection.mux.stream)
      connection.mux.stream.write = (data: Buffer) => {
        count.sent += 1
        return write(data)
      }
    }
  }
  return count
}

describe('who finds whom', () => {
  test(
    'over eight links, and not over nine',
    async () => {
      await CircuitStreet.run(names(10), async (houses, street) => {
        const [first, ninth, last] = [houses[0]!, houses[8]!, houses[9]!]
        street.room(first, ninth)
        street.room(first, last)
        await street.line(...houses)
        expect(await street.clock.runUntil(() => first.has(ninth), 2 * MINUTES)).toBe(true)
        expect(await street.clock.runUntil(() => first.has(last), 10 * MINUTES)).toBe(false)
        expect(last.made).toBe(0)
      })
    },
    LONG,
  )

  test('both ends learn of one circuit, and its words go both ways', async () => {
    await CircuitStreet.run(['a', 'n', 'b'], async ([a, n, b], street) => {
      street.room(a!, b!)
      await street.line(a!, n!, b!)
      expect(await street.clock.runUntil(() => a!.has(b!) && b!.has(a!), MINUTES)).toBe(true)
      a!.say(b!, Buffer.from('hello'))
      b!.say(a!, Buffer.from('good evening'))
      await street.clock.run(100)
      expect([b!.heard, a!.heard]).toEqual([['hello'], ['good evening']])
      await street.clock.run(10 * MINUTES)
      expect([a!.made, b!.made, n!.circuits.load.passing]).toEqual([1, 1, 1])
      expect(a!.peers.get('b')![0]!.address).toBe('memory:n')
    })
  })

  test('two that look for each other at one moment end with one circuit at once', async () => {
    await CircuitStreet.run(
      ['a', 'n', 'b'],
      async ([a, n, b], street) => {
        // Long enough for the one's find to be under way when the other sends its own.
        street.network.shape({ latency: 300 })
        street.room(a!, b!)
        await street.wire(n!, a!)
        await street.wire(n!, b!)
        expect(await street.clock.runUntil(() => a!.has(b!) && b!.has(a!), 10_000)).toBe(true)
        await street.clock.run(10 * MINUTES)
        expect([a!.has(b!), b!.has(a!)]).toEqual([true, true])
        expect([a!.ended, b!.ended, a!.made, b!.made]).toEqual([[], [], 1, 1])
        expect(n!.circuits.load.passing).toBe(1)
      },
      { jitter: 0 },
    )
  })

  test('neighbours that come and go all the time keep nobody from looking, and far', async () => {
    const all = ['a', 'n1', 'n2', 'n3', 'n4', 'b', 'x', 'y']
    await CircuitStreet.run(all, async (houses, street) => {
      const [a, b, x, y] = [houses[0]!, houses[5]!, houses[6]!, houses[7]!]
      street.room(a, b)
      await street.line(...houses.slice(0, 6))
      await street.wire(a, x)
      await street.wire(b, y)
      let turns = 0
      const flap = (): void => {
        const cut = turns++ % 2 === 0
        for (const [one, other] of [
          [a, x],
          [b, y],
        ] as const) {
          if (cut) street.cut(one, other)
          else street.mend(one, other)
        }
        street.clock.after(300, flap)
      }
      street.clock.after(0, flap)
      expect(await street.clock.runUntil(() => a.has(b), 2 * MINUTES)).toBe(true)
      expect(turns).toBeGreaterThan(5)
    })
  })

  test('who shares no room finds nobody, and a room of one side alone is no way in', async () => {
    await CircuitStreet.run(['a', 'n', 'b', 'c'], async ([a, n, b, c], street) => {
      // b would be found by a, but does not count it in (blocked, removed, or not let in yet).
      a!.members.add(b!)
      street.room(a!, c!)
      await street.line(a!, n!, b!)
      await street.clock.run(10 * MINUTES)
      expect([a!.made, b!.made, n!.circuits.load.passing]).toEqual([0, 0, 0])
    })
  })

  test('nothing goes over a neighbour who does not want to relay, and nothing on once it stops to', async () => {
    await CircuitStreet.run(['a', 'n', 'b'], async ([a, n, b], street) => {
      n!.relays = false
      street.room(a!, b!)
      await street.line(a!, n!, b!)
      expect(await street.clock.runUntil(() => a!.made > 0, 5 * MINUTES)).toBe(false)
      n!.relays = true
      expect(await street.clock.runUntil(() => a!.has(b!), 5 * MINUTES)).toBe(true)
      n!.relays = false
      expect(await street.clock.runUntil(() => !a!.has(b!) && !b!.has(a!), MINUTES)).toBe(true)
      expect(n!.circuits.load.passing).toBe(0)
    })
  })

  test('switched off it neither looks nor answers, and lets go of what there is', async () => {
    await CircuitStreet.run(['a', 'n', 'b'], async ([a, n, b], street) => {
      street.room(a!, b!)
      await street.line(a!, n!, b!)
      expect(await street.clock.runUntil(() => a!.has(b!), MINUTES)).toBe(true)
      await b!.circuits.transport.stop()
      expect(b!.circuits.transport.status).toEqual({ state: 'off' })
      expect(await street.clock.runUntil(() => !a!.has(b!), MINUTES)).toBe(true)
      expect(await street.clock.runUntil(() => a!.has(b!), 10 * MINUTES)).toBe(false)
      await b!.circuits.transport.start()
      expect(await street.clock.runUntil(() => a!.has(b!), 5 * MINUTES)).toBe(true)
    })
  })

  test('no circuit runs over another', async () => {
    await CircuitStreet.run(['a', 'n', 'b', 'm', 'c'], async ([a, n, b, m, c], street) => {
      // a and b have a circuit; c is behind b, and reaches a through wires alone.
      street.room(a!, b!)
      street.room(a!, c!)
      await street.line(a!, n!, b!, m!, c!)
      expect(await street.clock.runUntil(() => a!.has(b!) && a!.has(c!), MINUTES)).toBe(true)
      expect(b!.circuits.load.passing).toBe(1)
      street.cut(n!, b!)
      await street.clock.run(5 * MINUTES)
      expect([a!.has(b!), a!.has(c!)]).toEqual([false, false])
    })
  })
})

describe('what changes on the way', () => {
  test('a neighbour that passes on nothing but finds is left for another', async () => {
    await CircuitStreet.run(['a', 'm', 'b'], async ([a, m, b], street) => {
      const hole = new CraftedNeighbour(street, 'hole')
      street.room(a!, b!)
      await street.line(a!, hole, b!)
      between(hole.end(0), hole.end(1), ['data'])
      expect(await street.clock.runUntil(() => a!.made > 0, MINUTES)).toBe(true)
      // The other way is the slower one, and answers come later by it.
      street.network.shape({ latency: 50 }, { transport: 'a-m' })
      await street.line(a!, m!, b!)
      expect(await street.clock.runUntil(() => a!.has(b!), 2 * MINUTES)).toBe(true)
      expect([m!.circuits.load.passing, a!.ended.length]).toEqual([1, 0])
      hole.leave()
    })
  })

  test('a circuit whose relay vanishes is found anew by another way', async () => {
    await CircuitStreet.run(['a', 'n', 'm', 'b'], async ([a, n, m, b], street) => {
      street.room(a!, b!)
      await street.line(a!, n!, b!)
      expect(await street.clock.runUntil(() => a!.has(b!), MINUTES)).toBe(true)
      await street.line(a!, m!, b!)
      street.cut(n!, b!)
      const anew = (): boolean => a!.has(b!) && m!.circuits.load.passing === 1
      expect(await street.clock.runUntil(anew, MINUTES)).toBe(true)
      expect(n!.circuits.load.passing).toBe(0)
    })
  })
})

describe('what a relay spends', () => {
  test('a flood waits at its sender: no more is held than two windows for each circuit', async () => {
    const relayLimits = { ...RELAY_LIMITS, circuitRate: 20_000, rate: 20_000 }
    await CircuitStreet.run(
      ['a', 'n', 'b'],
      async ([a, n, b], street) => {
        street.room(a!, b!)
        await street.line(a!, n!, b!)
        expect(await street.clock.runUntil(() => a!.has(b!), MINUTES)).toBe(true)
        for (let i = 0; i < 40; i++) a!.say(b!, Buffer.alloc(50_000, i))
        let most = 0
        await street.clock.runUntil(() => {
          most = Math.max(most, n!.circuits.load.queued)
          return b!.bytes === 2_000_000
        }, 5 * MINUTES)
        expect(b!.bytes).toBe(2_000_000)
        expect(most).toBeGreaterThan(10_000)
        expect(most).toBeLessThanOrEqual(WINDOW)
      },
      { relayLimits },
    )
  })

  test('as many circuits as it allows for one neighbour and in all', async () => {
    const relayLimits = { ...RELAY_LIMITS, circuits: 3, byAddress: 2 }
    const all = ['n', 'a', 'b', 'c', 'd', 'e', 'f']
    await CircuitStreet.run(
      all,
      async ([n, ...houses], street) => {
        street.room(...houses)
        for (const house of houses) await street.wire(n!, house)
        let most = 0
        await street.clock.runUntil(() => {
          most = Math.max(most, n!.circuits.load.passing)
          return false
        }, 3 * MINUTES)
        expect(most).toBe(3)
        for (const house of houses) expect(house.circuits.load.own).toBeLessThanOrEqual(2)
      },
      { relayLimits },
    )
  })

  test('A14: many IPv6 addresses of one host are one neighbour', async () => {
    const relayLimits = { ...RELAY_LIMITS, byAddress: 2 }
    const all = ['n', 'a', 'b', 'c', 'd', 'e', 'f']
    await CircuitStreet.run(
      all,
      async ([n, ...houses], street) => {
        street.room(...houses)
        for (const [i, house] of houses.entries()) {
          await street.wire(n!, house, { address: `2001:db8::${i}` })
        }
        let most = 0
        await street.clock.runUntil(() => {
          most = Math.max(most, n!.circuits.load.passing)
          return false
        }, 3 * MINUTES)
        expect(most).toBe(2)
      },
      { relayLimits },
    )
  })

  test('nothing of others goes over a link whose bytes cost, on either side; what is one’s own does', async () => {
    await CircuitStreet.run(['a', 'n', 'b', 'c'], async ([a, n, b, c], street) => {
      street.room(a!, b!)
      street.room(n!, c!)
      await street.wire(a!, n!, { metered: n! })
      await street.wire(n!, b!)
      // The one who pays lets its own circuit end there.
      await street.wire(a!, c!)
      expect(await street.clock.runUntil(() => n!.has(c!), 5 * MINUTES)).toBe(true)
      expect(await street.clock.runUntil(() => a!.made + b!.made > 0, 5 * MINUTES)).toBe(false)
    })
  })

  test('who was answered and never came is sought from here again', async () => {
    await CircuitStreet.run(['a', 'b'], async (houses, street) => {
      const [a, b] = houses.toSorted((one, other) => (one.device < other.device ? -1 : 1))
      const middle = new CraftedNeighbour(street, 'x')
      street.room(a!, b!)
      await street.wire(a!, middle)
      await street.wire(b!, middle)
      const [toA, toB] = [middle.end(0), middle.end(1)]
      between(toA, toB, [])
      const [fromA, fromB] = [toA.onheard, toB.onheard]
      // a, who would open, is answered and does not hear it.
      toB.onheard = (name, value) => {
        if (name !== 'found' && toB.said('found').length > 0) fromB(name, value)
      }
      toA.onheard = (name, value) => {
        if (name !== 'find' || toB.said('found').length === 0) fromA(name, value)
      }
      expect(await street.clock.runUntil(() => b!.has(a!) && a!.has(b!), 20 * MINUTES)).toBe(true)
      middle.leave()
    })
  })

  test('devices whose members stay away ask ever more seldom', async () => {
    await CircuitStreet.run(['a', 'n', 'b'], async ([a, n, b], street) => {
      street.room(a!, b!)
      await street.wire(a!, n!)
      await street.clock.run(20_000)
      const count = countFrames(a!)
      await street.clock.run(60 * MINUTES)
      // Beside a word a second, of which there are 3,600.
      expect(count.sent - 3_600).toBeLessThan(45)
      expect(count.sent - 3_600).toBeGreaterThan(10)
    })
  })
})
