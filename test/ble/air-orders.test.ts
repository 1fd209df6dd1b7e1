import { expect, test } from '@jest/globals'
import { obey } from './air-orders.ts'
import { AirWorld } from './air-world.ts'

test('a lab changes the air by lines of JSON', async () => {
  const it = new AirWorld()
  const { atA, atB } = await it.linked(1_000)
  let got = 0
  atA.on('packet', () => got++)
  const obeyed = { ok: true }
  const order = (line: object): Promise<unknown> => obey(it.air, JSON.stringify(line))

  expect(await order({ shape: { latency: 500 }, between: ['a', 'b'] })).toEqual(obeyed)
  atB.l2cap(4, Buffer.alloc(1))
  await it.clock.run(400)
  expect(got).toBe(0)
  await it.clock.run(200)
  expect(got).toBe(1)

  expect(await order({ shape: { latency: 0, rate: null }, between: ['a', 'b'] })).toEqual(obeyed)
  expect(await order({ stall: 3_000 })).toEqual(obeyed)
  atB.l2cap(4, Buffer.alloc(1))
  await it.clock.run(2_900)
  expect(got).toBe(1)
  await it.clock.run(200)
  expect(got).toBe(2)

  expect(await order({ equip: { aclLength: 27 }, name: 'b' })).toEqual(obeyed)
  expect(it.air.adapter('b').aclLength).toBe(27)
  expect(it.air.adapter('a').aclLength).toBe(251)
  expect(await order({ counts: true })).toMatchObject({
    ok: true,
    counts: { links: 1, packets: 2 },
  })

  expect(await order({ reach: ['a', 'b'], heard: false })).toEqual(obeyed)
  await it.clock.run(1_100)
  expect(atB.reason).toBe(8)
  expect(await order({ power: 'a', on: false })).toEqual(obeyed)
})

test('a line that is no order says so and changes nothing', async () => {
  const { air } = new AirWorld()
  for (const line of ['{', '{}', '7', 'null', '{"dance":true}']) {
    expect(await obey(air, line)).toMatchObject({ ok: false })
  }
})
