import { expect } from '@jest/globals'
import { until } from '../compliance/until.ts'
import type { SimWorld } from './sim-world.ts'

/** What must hold at any time, in the middle of any fault. */
export async function expectTruth(world: SimWorld): Promise<void> {
  for (const node of world.running) {
    await until(`${node.name} to show all that it was told is saved`, async () => {
      const shown = new Map((await node.messages(world.room)).map(({ id, text }) => [id, text]))
      return [...node.acknowledged].every(([id, text]) => shown.get(id) === text)
    })
    const ids = (await node.messages(world.room)).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  }
  await expectHonestDelivery(world)
}

/** Once all is healed and everyone is back: one list everywhere, of all that was ever acknowledged. */
export async function expectConvergence(world: SimWorld): Promise<void> {
  for (const node of world.nodes) if (!node.running) await node.start()
  world.network.heal()
  const acknowledged = world.acknowledged
  const order = await world.agree(world.nodes, acknowledged.size)
  expect(new Set(order).size).toBe(order.length)
  expect([...order].sort()).toEqual([...acknowledged.keys()].sort())
  for (const node of world.nodes) {
    const texts = new Map((await node.messages(world.room)).map(({ id, text }) => [id, text]))
    expect(texts).toEqual(acknowledged)
  }
  await expectHonestDelivery(world)
  await until('everybody to know that everybody has everything', () => allDelivered(world))
}

/**
 * Nobody is told of more holders, or readers, than there are: who claims first is compared with who holds later. Each
 * device is a person of its own here.
 */
async function expectHonestDelivery(world: SimWorld): Promise<void> {
  const claims: { id: string; read: boolean; devices: number }[] = []
  for (const node of world.running) {
    for (const { id, own, delivery } of await node.messages(world.room)) {
      if (own) claims.push({ id, read: delivery.state === 'read', devices: delivery.devices })
    }
  }
  const readers = (id: string): number => world.nodes.filter(({ seen }) => seen.has(id)).length
  const lies = claims.filter(({ id, read, devices }) => read && devices > readers(id))
  expect(lies).toEqual([])
  const away = world.nodes.length - world.running.length
  // A holder may be putting what it holds in order again just now; a lie stays one.
  await until('as many holders as are claimed', async () => {
    const held = new Map<string, number>()
    for (const node of world.running) {
      for (const { id, own } of await node.messages(world.room)) {
        if (!own) held.set(id, (held.get(id) ?? 0) + 1)
      }
    }
    return claims.every(({ id, devices }) => devices <= (held.get(id) ?? 0) + away)
  })
}

async function allDelivered(world: SimWorld): Promise<boolean> {
  for (const node of world.nodes) {
    for (const { own, delivery } of await node.messages(world.room)) {
      const told = delivery.state === 'delivered' || delivery.state === 'read'
      if (own && !(told && delivery.devices === world.nodes.length - 1)) return false
    }
  }
  return true
}
