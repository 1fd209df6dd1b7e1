import { describe, expect, test } from '@jest/globals'
import { MAX_DATA, WINDOW } from '../../core/circuit/messages.ts'
import type { FindMessage } from '../../core/circuit/messages.ts'
import { RELAY_LIMITS } from '../../core/circuit/relay.ts'
import { seededRandom } from '../../core/random.ts'
import { CircuitStreet } from '../unit/core-circuit-street.ts'
import type { House } from '../unit/core-circuit-street.ts'
import { between, CraftedNeighbour, reason } from './crafted-neighbour.ts'
import type { CraftedEnd } from './crafted-neighbour.ts'

const MINUTES = 60_000
const random = seededRandom(23)

function find(tags = 8): FindMessage {
  return {
    id: random.bytes(16),
    hops: 8,
    tags: Array.from({ length: tags }, () => random.bytes(16)),
  }
}

/** Two ends of one crafted neighbour at a relay, and a circuit through the relay from the one to the other. */
async function throughItself(
  street: CircuitStreet,
  [here, there]: readonly [CraftedEnd, CraftedEnd],
  n: number,
): Promise<number> {
  const sent = find()
  const answer = random.bytes(16)
  here.send.find.send(sent)
  await street.clock.run(20)
  there.send.found.send({ id: sent.id, answer })
  await street.clock.run(20)
  here.send.open.send({ circuit: here.number(n), id: sent.id, answer })
  await street.clock.run(20)
  return here.number(n)
}

/** A relay with two links to one who floods it, and two honest members at its sides. */
async function siege(
  scenario: (all: {
    street: CircuitStreet
    honest: readonly [House, House]
    relay: House
    ends: readonly [CraftedEnd, CraftedEnd]
  }) => Promise<void>,
): Promise<void> {
  await CircuitStreet.run(['a', 'n', 'b'], async ([a, n, b], street) => {
    const crafted = [new CraftedNeighbour(street, 'x'), new CraftedNeighbour(street, 'y')] as const
    for (const one of crafted) await street.wire(n!, one)
    street.room(a!, b!)
    const ends = [crafted[0].end(), crafted[1].end()] as const
    await scenario({ street, honest: [a!, b!], relay: n!, ends })
    // The honest ones get what they came for, whatever went on.
    await street.line(a!, n!, b!)
    expect(await street.clock.runUntil(() => a!.has(b!) && b!.has(a!), 3 * MINUTES)).toBe(true)
    a!.say(b!, Buffer.from('still here'))
    await street.clock.run(1_000)
    expect(b!.heard).toContain('still here')
    for (const one of crafted) one.leave()
  })
}

describe('finds', () => {
  test('A14: a find goes over each link once each way, however many loops there are', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    await CircuitStreet.run(names, async (houses, street) => {
      const crafted = new CraftedNeighbour(street, 'x')
      const watcher = new CraftedNeighbour(street, 'w')
      for (const [n, house] of houses.entries()) {
        for (const other of houses.slice(n + 1)) await street.wire(house, other)
      }
      for (const house of houses) await street.wire(house, watcher)
      await street.wire(houses[0]!, crafted)
      const sent = find()
      crafted.end().send.find.send(sent)
      await street.clock.run(5_000)
      // The watcher is at the end of a link to each of them.
      const heard = watcher.ends.flatMap((end) => end.said('find'))
      expect(heard.filter(({ id }) => id.equals(sent.id))).toHaveLength(houses.length)
      for (const end of watcher.ends) expect(end.said('find').length).toBeLessThanOrEqual(1)
      expect(heard.every(({ hops }) => hops < sent.hops)).toBe(true)
      // Nor does it come back.
      expect(
        crafted
          .end()
          .said('find')
          .filter(({ id }) => id.equals(sent.id)),
      ).toEqual([])
      crafted.leave()
      watcher.leave()
    })
  })

  test('A14: a flood of finds costs the flooder its link, and others see a trickle of it', async () => {
    await siege(async ({ street, ends: [flooder, other] }) => {
      for (let n = 0; n < 10_000 && !flooder.closed; n++) {
        flooder.send.find.send(find())
        if (n % 100 === 99) await street.clock.run(10)
      }
      await street.clock.run(1_000)
      expect(flooder.closed).toBe(true)
      expect(other.said('find').length).toBeLessThanOrEqual(20)
    })
  })

  test('forged answers fool nobody, and do not keep the right one out', async () => {
    await CircuitStreet.run(['a', 'n', 'b'], async ([a, n, b], street) => {
      const liars = ['x', 'y', 'z', 'u', 'v'].map((name) => new CraftedNeighbour(street, name))
      street.room(a!, b!)
      for (const liar of liars) {
        await street.wire(a!, liar)
        const end = liar.end()
        end.onheard = (name, value) => {
          if (name !== 'find') return
          const { id, tags } = value as FindMessage
          for (const tag of tags) end.send.found.send({ id, answer: tag })
          for (let i = 0; i < 20; i++) end.send.found.send({ id, answer: random.bytes(16) })
        }
      }
      await street.line(a!, n!, b!)
      expect(await street.clock.runUntil(() => a!.has(b!), 3 * MINUTES)).toBe(true)
      expect([a!.made, liars.flatMap(({ ends }) => ends[0]!.said('open'))]).toEqual([1, []])
      for (const liar of liars) liar.leave()
    })
  })

  test('a find that comes back to its seeker, under its own id or another, is answered by nobody', async () => {
    await CircuitStreet.run(['a'], async ([a], street) => {
      const mirror = new CraftedNeighbour(street, 'x')
      // Somebody to look for.
      a!.members.add(street.house('b'))
      await street.wire(a!, mirror)
      const end = mirror.end()
      await street.clock.runUntil(() => end.said('find').length > 0, MINUTES)
      const [own] = end.said('find')
      end.send.find.send(own!)
      end.send.find.send({ ...own!, id: random.bytes(16) })
      for (const tag of own!.tags) {
        end.send.open.send({
          circuit: end.number(own!.tags.indexOf(tag)),
          id: own!.id,
          answer: tag,
        })
      }
      await street.clock.run(1_000)
      expect(end.said('found')).toEqual([])
      expect(end.said('close')).toHaveLength(own!.tags.length)
      expect([a!.made, a!.circuits.load.own]).toEqual([0, 0])
      mirror.leave()
    })
  })

  test('a find that was recorded is not answered again, and one of another day not at all', async () => {
    await CircuitStreet.run(['a', 'n', 'b'], async ([a, n, b], street) => {
      const recorder = new CraftedNeighbour(street, 'x')
      street.room(a!, b!)
      await street.wire(a!, recorder)
      await street.clock.runUntil(() => recorder.end().said('find').length > 0, MINUTES)
      const [early] = recorder.end().said('find')
      await street.clock.run(10 * MINUTES)
      const late = recorder.end().said('find').at(-1)!
      expect(late.id).not.toEqual(early!.id)
      await street.wire(recorder, b!)
      const end = recorder.ends.at(-1)!
      const answers = (): number => end.said('found').length
      // b never met this one, and answers once; after a while it is forgotten that it went by, not that it was answered.
      end.send.find.send(late)
      await street.clock.run(1_000)
      expect(answers()).toBe(1)
      await street.clock.run(5 * MINUTES)
      end.send.find.send(late)
      await street.clock.run(1_000)
      expect(answers()).toBe(1)
      street.clock.skew(50 * 60 * MINUTES)
      end.send.find.send(early!)
      await street.clock.run(1_000)
      expect([answers(), n!.made]).toEqual([1, 0])
      recorder.leave()
    })
  })
})

describe('circuits', () => {
  test('a circuit of one neighbour to itself is bounded in number and rate, and none goes over others', async () => {
    await siege(async ({ street, relay, ends }) => {
      for (let n = 0; n < 20; n++) await throughItself(street, ends, n)
      expect(relay.circuits.load.passing).toBeLessThanOrEqual(RELAY_LIMITS.byAddress)
      expect(relay.circuits.load.passing).toBeGreaterThan(0)
      expect(ends.map(({ closed }) => closed)).toEqual([false, false])
    })
  })

  test('A11: data without credit ends the link, and what is held of it is a window at most', async () => {
    await siege(async ({ street, relay, ends }) => {
      const [here, there] = ends
      const circuit = await throughItself(street, ends, 0)
      expect(there.said('open')).toHaveLength(1)
      let most = 0
      // The other end gives no credit, so that all of it waits at the relay.
      for (let n = 0; n < 64 && !here.closed; n++) {
        here.send.data.send({ circuit, data: Buffer.alloc(MAX_DATA) })
        await street.clock.run(10)
        most = Math.max(most, relay.circuits.load.queued)
      }
      expect(here.closed).toBe(true)
      expect(most).toBeLessThanOrEqual(WINDOW)
      await street.clock.run(1_000)
      expect(relay.circuits.load).toEqual({ passing: 0, own: 0, queued: 0 })
      // The other end hears why there is no more.
      expect(there.said('close')).toHaveLength(1)
    })
  })

  test('A11: a giant frame, credit without end and data of no circuit end the link', async () => {
    const acts: ((end: CraftedEnd, circuit: number) => void)[] = [
      (end, circuit) =>
        end.raw(3, Buffer.concat([Buffer.from([circuit, 0xfe, 0, 0, 0, 1]), Buffer.alloc(50_000)])),
      (end, circuit) =>
        end.raw(3, Buffer.concat([Buffer.from([circuit, 0xfd, 0, 0x80]), Buffer.alloc(32_768)])),
      (end, circuit) => end.send.credit.send({ circuit, bytes: WINDOW }),
      (end, circuit) => end.send.data.send({ circuit: circuit + 2, data: Buffer.alloc(10) }),
      (end, circuit) =>
        end.send.open.send({ circuit, id: random.bytes(16), answer: random.bytes(16) }),
      (end, circuit) =>
        end.send.open.send({
          circuit: circuit + 1,
          id: random.bytes(16),
          answer: random.bytes(16),
        }),
      (end) => end.raw(1, Buffer.from([255, 255, 255])),
    ]
    for (const act of acts) {
      await siege(async ({ street, relay, ends }) => {
        const circuit = await throughItself(street, ends, 0)
        act(ends[0], circuit)
        await street.clock.run(1_000)
        expect(ends[0].closed).toBe(true)
        expect(relay.circuits.load.passing).toBe(0)
      })
    }
  })

  test('A13: a thousand opened circuits are refused, and who does not let go of them is left', async () => {
    await siege(async ({ street, relay, ends: [end] }) => {
      for (let n = 0; n < 1_000 && !end.closed; n++) {
        end.send.open.send({
          circuit: end.number(n),
          id: random.bytes(16),
          answer: random.bytes(16),
        })
        if (n % 20 === 19) await street.clock.run(10)
      }
      await street.clock.run(1_000)
      expect(end.closed).toBe(true)
      expect(relay.circuits.load).toEqual({ passing: 0, own: 0, queued: 0 })
    })
  })

  test('a relay that closes in the middle, or swallows what it is given, costs time alone', async () => {
    await CircuitStreet.run(['a', 'm', 'b'], async ([a, m, b], street) => {
      const relay = new CraftedNeighbour(street, 'x')
      street.room(a!, b!)
      await street.line(a!, relay, b!)
      between(relay.end(0), relay.end(1), [])
      expect(await street.clock.runUntil(() => a!.has(b!) && b!.has(a!), MINUTES)).toBe(true)
      for (let n = 0; n < 20; n++) a!.say(b!, Buffer.alloc(50_000))
      await street.clock.run(5)
      // Whoever opened it, it is the first of its side.
      for (const end of relay.ends) {
        const [opened] = end.said('open')
        if (opened) end.send.close.send({ circuit: opened.circuit, reason: reason('lost') })
      }
      expect(await street.clock.runUntil(() => !a!.has(b!), MINUTES)).toBe(true)
      await street.line(a!, m!, b!)
      expect(await street.clock.runUntil(() => a!.has(b!) && b!.has(a!), 3 * MINUTES)).toBe(true)
      a!.say(b!, Buffer.from('over another way, or this one again'))
      await street.clock.run(1_000)
      expect(b!.heard.at(-1)).toBe('over another way, or this one again')
      relay.leave()
    })
  })

  test('bytes that a relay changes, or puts in, end the connection and are read by nobody', async () => {
    await CircuitStreet.run(['a', 'b'], async ([a, b], street) => {
      const relay = new CraftedNeighbour(street, 'x')
      street.room(a!, b!)
      await street.line(a!, relay, b!)
      const [one, other] = [relay.end(0), relay.end(1)]
      between(one, other, [])
      expect(await street.clock.runUntil(() => a!.has(b!) && b!.has(a!), MINUTES)).toBe(true)
      const seen = Buffer.concat(
        [...one.said('data'), ...other.said('data')].map(({ data }) => data),
      )
      a!.say(b!, Buffer.from('a secret of a and b'))
      await street.clock.run(100)
      const all = Buffer.concat(
        [...one.said('data'), ...other.said('data')].map(({ data }) => data),
      )
      expect(all.byteLength).toBeGreaterThan(seen.byteLength)
      expect(all.includes('secret')).toBe(false)
      expect(b!.heard).toEqual(['a secret of a and b'])
      const [opened] = [...one.said('open'), ...other.said('open')]
      const end = one.said('open').length > 0 ? one : other
      end.send.data.send({ circuit: opened!.circuit, data: random.bytes(200) })
      expect(
        await street.clock.runUntil(() => a!.ended.length + b!.ended.length > 0, MINUTES),
      ).toBe(true)
      expect([a!.heard.length, b!.heard.length]).toEqual([0, 1])
      relay.leave()
    })
  })
})
