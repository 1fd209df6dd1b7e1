import { beforeAll, describe, expect, test } from '@jest/globals'
import { CARRY_QUOTA, SPRAY } from '../../core/mirror/carry/spray.ts'
import { direct, flooding, twoHops } from './carry/plain-protocols.ts'
import { spraying } from './carry/spraying.ts'
import type { Outcome } from './carry/tally.ts'
import { runWeek } from './carry/week.ts'
import { makeWorld } from './carry/world.ts'
import type { World } from './carry/world.ts'

const SEED = 1

/** The short form of `npm run bench -- carry`. */
describe(`a town without an uplink, seed ${SEED}`, () => {
  let world: World
  let flood: Outcome
  let members: Outcome
  let sprayed: Outcome

  beforeAll(() => {
    world = makeWorld({ seed: SEED, devices: 400, days: 4, blindPeers: 0 })
    flood = runWeek(world, flooding)
    members = runWeek(world, direct)
    sprayed = runWeek(world, spraying(SPRAY, CARRY_QUOTA))
    const percent = (part: number, whole: number): string => ((100 * part) / whole).toFixed(1)
    process.stdout.write(
      `carrying: ${percent(sprayed.delivered, flood.delivered)} % of what flooding delivers, ${percent(sprayed.bytes, flood.bytes)} % of its bytes; members alone ${percent(members.delivered, flood.delivered)} %\n`,
    )
  })

  test('carriers deliver nearly what flooding does, for a small part of its bytes', () => {
    expect(sprayed.delivered / flood.delivered).toBeGreaterThan(0.93)
    expect(sprayed.bytes / flood.bytes).toBeLessThan(0.25)
    expect(sprayed.storageMean).toBeLessThan(flood.storageMean / 4)
  })

  test('nothing delivers more than flooding, and members alone much less', () => {
    const two = runWeek(world, twoHops)
    expect(two.delivered).toBeLessThanOrEqual(flood.delivered)
    expect(sprayed.delivered).toBeLessThanOrEqual(flood.delivered)
    expect(members.delivered).toBeLessThan(0.8 * sprayed.delivered)
    expect(members.storageMost).toBe(0)
  })

  test('copies without regulars stay in the circle in which they began', () => {
    const waiting = runWeek(world, spraying({ ...SPRAY, regulars: 0 }, CARRY_QUOTA))
    expect(waiting.delivered).toBeLessThan(0.95 * sprayed.delivered)
  })

  test('a quota holds, and what is beyond it is lost without harm to the rest', () => {
    const quota = 100_000
    const small = runWeek(world, spraying(SPRAY, quota))
    expect(small.storageMost).toBeLessThanOrEqual(quota)
    expect(small.storageMost).toBeGreaterThan(quota / 2)
    expect(small.delivered).toBeGreaterThan(members.delivered)
  })

  test('the same seed gives the same week', () => {
    const again = runWeek(
      makeWorld({ seed: SEED, devices: 400, days: 4, blindPeers: 0 }),
      spraying(SPRAY, CARRY_QUOTA),
    )
    expect(again).toEqual(sprayed)
  })

  test('a blind peer that mirrors some rooms brings them more', () => {
    const served = runWeek(makeWorld({ seed: SEED, devices: 400, days: 4, blindPeers: 2 }), direct)
    expect(served.delivered).toBeGreaterThan(members.delivered)
  })
})
