/** A member that uses what members are told of each other: the keys by which their radios know one another. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { BleWorld, openLinks } from '../unit/ble-world.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

let world: BleWorld
beforeEach(() => {
  world = new BleWorld()
})
afterEach(async () => world.close())

test('in the name of each of two it does not keep them from linking, and each identifier is dialled once', async () => {
  const [one, two] = [randomBytes(32), randomBytes(32)]
  const a = world.device({ own: one, known: [two] })
  const b = world.device({ own: two, known: [one] })
  const asOne = world.device({ own: one, known: [two] })
  const asTwo = world.device({ own: two, known: [one] })
  const apart = [
    [a, b],
    [a, asOne],
    [b, asTwo],
    [asOne, asTwo],
  ] as const
  for (const [first, second] of apart) world.air.part(first.radio, second.radio)
  for (const { ble } of [a, b, asOne, asTwo]) void ble.start()
  const deceived = (): boolean => [a, b].every((device) => openLinks(device).length === 1)
  await world.until('links with the impostor', deceived)
  await world.clock.run(10 * SECOND)
  world.air.meet(a.radio, b.radio)
  const linked = (): boolean =>
    world.air.channels(a.radio, b.radio) > 0 &&
    [a, b].every((device) => openLinks(device).length === 2)
  expect(await world.until('the honest link', linked)).toBeLessThan(MINUTE)
  const dials = a.radio.dials + b.radio.dials
  await world.clock.run(5 * MINUTE)
  expect(linked()).toBe(true)
  expect(a.radio.dials + b.radio.dials).toBe(dials)
})
