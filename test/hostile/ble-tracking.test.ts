/** A stranger that tries to tell that two identifiers on the air are one device. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { openGattLink } from '../../transports/ble/link/index.ts'
import { shownTopics } from '../../transports/ble/shown-topics.ts'
import { createIdentity } from '../../transports/preface/instance-identity.ts'
import { topicHash } from '../../transports/preface/preface-codec.ts'
import { runPreface } from '../../transports/preface/preface.ts'
import type { PrefaceResult } from '../../transports/preface/preface.ts'
import type { FakeRadio } from '../ble/fake-air.ts'
import { BleWorld, TOPIC, openLinks } from '../unit/ble-world.ts'
import type { Device } from '../unit/ble-world.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

let world: BleWorld
beforeEach(() => {
  world = new BleWorld()
})
afterEach(async () => world.close())

/** Calls a device by hand, as one with the topic in common; `oncalled` runs once that one said who it is. */
async function call(
  radio: FakeRadio,
  device: Device,
  oncalled?: () => void,
): Promise<PrefaceResult> {
  const { clock, random } = world
  const identity = createIdentity(random)
  const channel = await radio.connect(device.radio.address, new AbortController().signal)
  const stream = openGattLink(channel, { clock, random })
  stream.on('error', () => {})
  const topics = shownTopics([{ topic: TOPIC, announce: true }], [], undefined)
  let result: PrefaceResult | undefined
  void runPreface(stream, {
    clock,
    random,
    medium: 'ble',
    side: 'dialler',
    limit: MINUTE,
    self: () => ({ identity, port: 0, generation: 0, ...topics }),
    onhello: () => oncalled?.(),
  }).then((ended) => (result = ended))
  await world.until('the preface', () => result !== undefined)
  stream.resume()
  return result!
}

async function follower(): Promise<FakeRadio> {
  const radio = world.air.radio()
  await radio.start()
  return radio
}

describe('A33: a stranger that stays', () => {
  test('is let go at each new identifier, and known devices are not', async () => {
    const [one, two] = [randomBytes(32), randomBytes(32)]
    const a = world.device({ own: one, known: [two] })
    const b = world.device({ own: two, known: [one] })
    const c = world.device()
    for (const { ble } of [a, b, c]) void ble.start()
    await world.until('links', () => openLinks(a).length === 2)
    const known = a.links.find(({ address }) => address !== 'radio')!
    for (let round = 0; round < 2; round++) {
      const unknown = openLinks(a).find(({ address }) => address === 'radio')!
      const before = a.radio.identities.length
      await world.until('another identifier', () => a.radio.identities.length > before, 20 * MINUTE)
      await world.until('the stranger’s end', () => unknown.stream.destroyed)
      expect(known.stream.destroyed).toBe(false)
      await world.until('the stranger again', () => openLinks(a).length === 2, 2 * MINUTE)
    }
    expect(a.links.filter(({ address }) => address !== 'radio')).toHaveLength(1)
  })

  test('is not shown its link under another identifier, though that link still says goodbye', async () => {
    const v = world.device()
    const radio = await follower()
    await v.ble.start()
    await world.until('its identifier', () => v.radio.shows)
    const first = await call(radio, v)
    if (first.outcome !== 'common') throw new Error(first.outcome)
    await world.until('the link', () => openLinks(v).length === 1)
    // No goodbye passes any more, so that this link takes seconds to end.
    world.air.part(radio, v.radio)
    world.air.meet(radio, v.radio)
    v.ble.join(randomBytes(32))
    const held = v.radio.channels.length
    const second = await call(radio, v)
    if (second.outcome !== 'common') throw new Error(second.outcome)
    expect(held).toBe(1)
    const { shown, bound } = second.proof
    expect(shown.has(topicHash(first.proof.name, bound))).toBe(false)
  })

  test('gets no link under an identifier that ended while it said hello', async () => {
    const v = world.device()
    const radio = await follower()
    await v.ble.start()
    await world.until('its identifier', () => v.radio.shows)
    const late = await call(radio, v, () => v.ble.join(randomBytes(32)))
    expect(late.outcome).toBe('common')
    await world.clock.run(20 * SECOND)
    expect([v.links.length, v.radio.channels.length]).toEqual([0, 0])
  })
})
