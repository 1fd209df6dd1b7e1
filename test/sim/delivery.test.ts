import { describe, expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import type { Clock } from '../../core/clock.ts'
import { until } from '../compliance/until.ts'
import { expectConvergence, expectTruth } from './invariants.ts'
import { SEEDS, scaled } from './scale.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const NODES = scaled(5)
const STEPS = 8

describe('delivery', () => {
  test.concurrent.each(SEEDS)(
    '%i: no false state in any fault, and everybody knows who read what once all is healed',
    async (seed) => {
      const conditions = { loss: 0.1, latency: 3, jitter: 10 }
      await SimWorld.run(seed, { nodes: NODES, conditions }, async (world) => {
        await world.gather()
        for (let step = 0; step < STEPS; step++) {
          await trouble(world)
          await Promise.all([
            world.write(4),
            ...world.running
              .filter(() => world.random.float() < 0.4)
              .map((node) => node.readAll(world.room)),
          ])
          await expectTruth(world)
        }
        // Nobody reads on: what all have is delivered, or read by some.
        for (const node of world.nodes) if (!node.running) await node.start()
        world.network.heal()
        await world.agree(world.nodes, world.acknowledged.size)
        for (const node of world.nodes) await node.readAll(world.room)
        await expectConvergence(world)
        await until('everybody to know that all was read', async () => {
          for (const node of world.nodes) {
            for (const { own, delivery } of await node.messages(world.room)) {
              if (own && delivery.state !== 'read') return false
            }
          }
          return true
        })
      })
    },
  )
})

/** A split, a device that goes or comes, a cut link, or peace: by chance. */
async function trouble(world: SimWorld): Promise<void> {
  const chance = world.random.float()
  const [a, b] = [world.pick(world.nodes), world.pick(world.nodes)]
  if (chance < 0.3) world.split()
  else if (chance < 0.5) world.network.heal()
  else if (chance < 0.65) world.network.sever(a.name, b.name)
  else if (!a.running) await a.start()
  else if (world.running.length > 2) await a.stop()
}

/** The machine's time, `times` as fast: what waits for half a minute of quiet need not take one here. */
function fastClock(times: number): Clock {
  const start = systemClock.now()
  return {
    now: () => start + Math.round(systemClock.monotonic() * times),
    monotonic: () => systemClock.monotonic() * times,
    after: (ms, fn) => systemClock.after(ms / times, fn),
  }
}

test('what reached a device that its author never meets is told by a record', async () => {
  const clock = fastClock(3)
  const transports = [{ id: 'radio' }, { id: 'cable' }]
  await SimWorld.run(7, { nodes: 3, transports, clock: () => clock }, async (world) => {
    const [ferry, near, far] = world.nodes as [SimNode, SimNode, SimNode]
    // One is in reach by radio alone, the other by cable: what they say to each other goes through the third's logs.
    await near.engine.switchTransport('cable', false)
    await far.engine.switchTransport('radio', false)
    for (const { engine } of world.nodes) await engine.switchTransport('circuit', false)
    await world.gather()
    const { id } = await near.send(world.room, 'is anybody there?')
    await world.agree([ferry, near, far], 1)
    await far.readAll(world.room)
    await until('the author to know that it was read far away', async () => {
      const [message] = await near.messages(world.room)
      return message!.id === id && message!.delivery.state === 'read'
    })
    for (const node of world.nodes) expect(await node.messages(world.room)).toHaveLength(1)
    expect(near.engine.peers()).toHaveLength(1)
    await expectTruth(world)
  })
})

test('who tells nothing of what they read is not said to have read, until they tell', async () => {
  await SimWorld.run(8, { nodes: 2 }, async (world) => {
    const [ada, ben] = world.nodes as [SimNode, SimNode]
    await world.gather()
    await ben.engine.identity.setReadReceipts(false)
    const delivery = async () => (await ada.messages(world.room))[0]!.delivery
    await ada.send(world.room, 'seen?')
    await world.agree([ada, ben], 1)
    await ben.readAll(world.room)
    // What Ben says after it comes after it.
    await ben.send(world.room, 'I say nothing')
    await world.agree([ada, ben], 2)
    await until('it to be delivered', async () => (await delivery()).state === 'delivered')
    expect(await delivery()).toEqual({ state: 'delivered', devices: 1 })
    // Not after a start anew either.
    await ben.stop()
    await ben.start()
    await ada.send(world.room, 'still?')
    await world.agree([ada, ben], 3)
    expect(await delivery()).toEqual({ state: 'delivered', devices: 1 })
    await ben.engine.identity.setReadReceipts(true)
    await ben.readAll(world.room)
    await until('it to be read', async () => (await delivery()).state === 'read')
    expect(await delivery()).toEqual({ state: 'read', devices: 1 })
    // Known to a device that starts anew.
    await ada.stop()
    await ada.start()
    expect(await delivery()).toEqual({ state: 'read', devices: 1 })
  })
})
