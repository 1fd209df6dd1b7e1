import { describe, expect, test } from '@jest/globals'
import { busyHour, line, persons } from './busy-hour.ts'
import { Town } from './receipt-town.ts'
import { SEEDS } from './scale.ts'
import type { TownDevice } from './receipt-town.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** What is reported and not so: nobody may be told of more than there is. */
function falsehoods(town: Town, readUpTo: Map<TownDevice, Map<TownDevice, number>>): string[] {
  const found: string[] = []
  for (const author of town.devices) {
    const others = town.devices.filter(({ person }) => person !== author.person)
    for (let seq = 0; seq < author.has(author.key); seq++) {
      const having = (from: TownDevice[]): number =>
        from.filter((device) => device.has(author.key) > seq).length
      const readers = others.filter((device) => (readUpTo.get(device)?.get(author) ?? 0) > seq)
      const { state, devices } = author.delivery(seq)
      const truth = {
        saved: 0,
        carried: having(town.devices.filter((device) => device !== author)),
        delivered: having(others),
        read: new Set(readers.map(({ person }) => person)).size,
      }[state]
      if (devices > truth) found.push(`${author.id} ${seq}: ${state} ${devices} of ${truth}`)
    }
  }
  return found
}

/** Reads, and notes what was there to be read. */
function read(
  device: TownDevice,
  readUpTo: Map<TownDevice, Map<TownDevice, number>>,
  town: Town,
): void {
  device.readAll()
  readUpTo.set(device, new Map(town.devices.map((author) => [author, device.has(author.key)])))
}

describe('receipts', () => {
  const busy = [
    ['a line of 12', 12, 600],
    ['a line of 5', 5, 400],
  ] as const
  const towns = SEEDS.flatMap((seed) => busy.map((town) => [seed, ...town] as const))

  test.each([...towns, [1, 'a line of 30', 30, 1_200] as const])(
    '%i: in %s, acknowledgements take at most 5 % of the bytes of messages in a busy hour',
    async (seed, name, count, rate) => {
      const town = await busyHour({ seed, devices: count, messages: rate })
      const share = town.ackBytes / town.messageBytes
      process.stdout.write(
        `${name}, seed ${seed}: ${town.acks} acks, ${(100 * share).toFixed(1)} %\n`,
      )
      expect(town.acks).toBeGreaterThan(0)
      expect(share).toBeLessThanOrEqual(0.05)
      await town.close()
    },
  )

  test.each(SEEDS)(
    '%i: nothing false is ever reported while links come and go, and all is known in the end',
    async (seed) => {
      const town = new Town({ seed, persons: persons(9) })
      const readUpTo = new Map<TownDevice, Map<TownDevice, number>>()
      for (let step = 0; step < 150; step++) {
        const [one, two] = [town.pick(town.devices), town.pick(town.devices)]
        const chance = town.random.float()
        if (chance < 0.35) one.say(40)
        else if (chance < 0.5) read(one, readUpTo, town)
        else if (one === two) continue
        else if (one.neighbours.has(two)) one.unlink(two)
        else if (one.neighbours.size + two.neighbours.size < 4) one.link(two)
        await town.clock.run(town.random.float() * (step % 10 === 0 ? 10 * MINUTE : 2_000))
        expect(falsehoods(town, readUpTo)).toEqual([])
      }
      line(town.devices)
      await town.clock.run(MINUTE)
      for (const device of town.devices) read(device, readUpTo, town)
      await town.clock.run(DAY)
      expect(falsehoods(town, readUpTo)).toEqual([])
      for (const author of town.devices) {
        const others = town.devices.filter(({ person }) => person !== author.person)
        const people = new Set(others.map(({ person }) => person)).size
        for (let seq = 0; seq < author.has(author.key); seq++) {
          if (town.entries(author.key)[seq]!.body.kind !== 1) continue
          expect(author.delivery(seq)).toEqual({ state: 'read', devices: people })
        }
      }
      await town.close()
    },
  )

  test('a word over two hops is acknowledged after some seconds of quiet, and never again', async () => {
    const town = new Town({ seed: 4, persons: [0, 1, 2] })
    line(town.devices)
    const [author] = town.devices as [TownDevice]
    author.say(40)
    await town.clock.run(10_000)
    expect(author.delivery(0)).toEqual({ state: 'delivered', devices: 1 })
    expect(town.acks).toBe(0)
    await town.clock.run(25_000)
    expect(author.delivery(0)).toEqual({ state: 'delivered', devices: 2 })
    expect(town.acks).toBe(1)
    // An acknowledgement is news to nobody: nothing is written in a day, or ever.
    const [at] = [town.ackBytes]
    await town.clock.run(DAY)
    expect(town.ackBytes).toBe(at)
    await town.close()
  })

  test('where everybody is linked with everybody, words in sessions do, and no record is written', async () => {
    const town = new Town({ seed: 5, persons: [0, 1, 2, 3] })
    for (const one of town.devices) for (const two of town.devices) if (one !== two) one.link(two)
    for (const device of town.devices) device.say(40)
    await town.clock.run(10_000)
    for (const device of town.devices) device.readAll()
    await town.clock.run(DAY)
    for (const device of town.devices) {
      expect(device.delivery(0)).toEqual({ state: 'read', devices: 3 })
    }
    expect(town.acks).toBe(0)
    await town.close()
  })
})
