import { describe, expect, test } from '@jest/globals'
import { join } from 'node:path'
import { until } from '../compliance/until.ts'
import { cutStore, journal, machineWentDown, unsyncedBytes } from './damage.ts'
import type { JournalDamage } from './damage.ts'
import { NodeProcess } from './node-process.ts'
import { befriend, expectCalm, expectKept, link, logOf, settled } from './nodes.ts'
import { inScratch } from './scratch.ts'

/** A device that lost its machine's power while another was ahead of what its store had synced. */
interface Scene {
  readonly dir: string
  readonly room: string
  readonly invite: string
  readonly other: NodeProcess
  /** What the device acknowledged before the cut: id → text. */
  readonly acknowledged: Map<string, string>
}

interface Cut {
  /** How much of the store's write-ahead log outlives the cut. */
  readonly keep: number
  readonly journal?: JournalDamage
  /** Make the room in the run that is cut, so that its control log is in the lost tail. */
  readonly fresh?: boolean
}

async function afterCut(scratch: string, cut: Cut): Promise<Scene> {
  const dir = join(scratch, 'device')
  const other = await NodeProcess.open(join(scratch, 'other'), 'Other')
  const acknowledged = new Map<string, string>()
  const send = async (node: NodeProcess, room: string, text: string): Promise<void> => {
    const { id } = await node.ask('send', room, text)
    acknowledged.set(id, text)
  }
  await other.call('online')
  let room = ''
  let device = await NodeProcess.open(dir, 'Device')
  if (!cut.fresh) {
    room = await befriend(device, other)
    for (let i = 0; i < 3; i++) await send(device, room, `early ${i}`)
    await settled([device, other], room, 3)
    await device.close()
    device = await NodeProcess.open(dir)
  }
  if (cut.fresh) room = await befriend(device, other)
  else await link(device, other)
  const invite = await device.ask('invite', room)
  for (let i = 0; i < 20; i++) await send(device, room, `late ${i}`)
  await settled([device, other], room, acknowledged.size)
  await device.kill()
  expect(await unsyncedBytes(dir)).toBeGreaterThan(0)
  await cutStore(dir, cut.keep)
  await journal[cut.journal ?? 'intact'](dir)
  await machineWentDown(dir)
  return { dir, room, invite, other, acknowledged }
}

describe('the journal is intact', () => {
  test.each([0, 0.5, 0.999])(
    'with %d of the unsynced store left, all acknowledged is there without any peer',
    (keep) =>
      inScratch(async (scratch) => {
        const { dir, room, other, acknowledged } = await afterCut(scratch, { keep })
        const device = await NodeProcess.open(dir)
        expectKept(await settled([device], room, acknowledged.size), acknowledged)
        await link(device, other)
        const { id } = await device.ask('send', room, 'afterwards')
        acknowledged.set(id, 'afterwards')
        await other.ask('send', room, 'heard')
        expectKept(await settled([device, other], room, acknowledged.size + 1), acknowledged)
        expectCalm(device, other)
      }),
  )

  test.each([0, 0.6])(
    'with %d of the unsynced store left, a room made just before is whole, and its invite good',
    (keep) =>
      inScratch(async (scratch) => {
        const scene = await afterCut(scratch, { keep, fresh: true })
        const { dir, room, invite, other, acknowledged } = scene
        const device = await NodeProcess.open(dir)
        expectKept(await settled([device], room, acknowledged.size), acknowledged)
        expect(await device.ask('rooms')).toMatchObject([
          { name: 'Room', role: 'admin', members: 2 },
        ])
        const third = await NodeProcess.open(join(scratch, 'third'), 'Third')
        await link(device, third)
        expect(await third.ask('join', invite, { patience: 120_000 })).toMatchObject({
          state: 'joined',
        })
        await link(device, other)
        await third.ask('send', room, 'from the third')
        const history = await settled([device, other, third], room, acknowledged.size + 1)
        expectKept(history, acknowledged)
        expectCalm(device, other, third)
      }),
  )
})

describe('the journal is damaged too', () => {
  const cases: [JournalDamage, number][] = [
    ['torn', 0],
    ['lost', 0.6],
    ['lost', 1],
    ['flipped', 0],
  ]

  test.each(cases)(
    'a journal that is %s, %d of the unsynced store left: with a peer in reach the same log goes on',
    (kind, keep) =>
      inScratch(async (scratch) => {
        const scene = await afterCut(scratch, { keep, journal: kind })
        const { dir, room, other, acknowledged } = scene
        const device = await NodeProcess.open(dir)
        await link(device, other)
        await until('the peer to be met', async () => {
          return (await device.ask('peers')).some(({ rooms }) => rooms.includes(room))
        })
        const { id } = await device.ask('send', room, 'afterwards')
        expect(logOf(id)).toBe(logOf([...acknowledged.keys()][0]!))
        acknowledged.set(id, 'afterwards')
        await other.ask('send', room, 'heard')
        expectKept(await settled([device, other], room, acknowledged.size + 1), acknowledged)
        expectCalm(device, other)
      }),
  )

  test.each([
    ['torn', 0],
    ['lost', 0],
    ['flipped', 0.6],
  ] as [JournalDamage, number][])(
    'a journal that is %s, %d of the unsynced store left, nobody in reach: a fresh log goes on, both are one timeline later',
    (kind, keep) =>
      inScratch(async (scratch) => {
        const scene = await afterCut(scratch, { keep, journal: kind })
        const { dir, room, invite, other, acknowledged } = scene
        const device = await NodeProcess.open(dir)
        const { id } = await device.ask('send', room, 'alone')
        expect(logOf(id)).not.toBe(logOf([...acknowledged.keys()][0]!))
        acknowledged.set(id, 'alone')
        await link(device, other)
        await other.ask('send', room, 'heard')
        await settled([device, other], room, acknowledged.size + 1)
        const third = await NodeProcess.open(join(scratch, 'third'), 'Third')
        await link(third, other)
        await third.ask('join', invite, { patience: 120_000 })
        const history = await settled([device, other, third], room, acknowledged.size + 1)
        expectKept(history, acknowledged)
        expectCalm(device, other, third)
      }),
  )

  test('the loss is remembered over a start in which nobody wrote', () =>
    inScratch(async (scratch) => {
      const { dir, room, other, acknowledged } = await afterCut(scratch, {
        keep: 0,
        journal: 'torn',
      })
      await (await NodeProcess.open(dir)).close()
      const device = await NodeProcess.open(dir)
      const { id } = await device.ask('send', room, 'alone')
      expect(logOf(id)).not.toBe(logOf([...acknowledged.keys()][0]!))
      acknowledged.set(id, 'alone')
      await link(device, other)
      await other.ask('send', room, 'heard')
      expectKept(await settled([device, other], room, acknowledged.size + 1), acknowledged)
      expectCalm(device, other)
    }))

  test.each(['lost', 'flipped'] as JournalDamage[])(
    'a journal that is %s, with the tail of the control log lost: what peers hold of it comes back before it is written to',
    (kind) =>
      inScratch(async (scratch) => {
        const scene = await afterCut(scratch, { keep: 0, journal: kind })
        const { dir, room, invite, other, acknowledged } = scene
        const device = await NodeProcess.open(dir)
        await link(device, other)
        const second = await device.ask('invite', room)
        const third = await NodeProcess.open(join(scratch, 'third'), 'Third')
        await link(third, device)
        expect(await third.ask('join', second, { patience: 120_000 })).toMatchObject({
          state: 'joined',
        })
        const fourth = await NodeProcess.open(join(scratch, 'fourth'), 'Fourth')
        await link(fourth, other)
        expect(await fourth.ask('join', invite, { patience: 120_000 })).toMatchObject({
          state: 'joined',
        })
        const all = [device, other, third, fourth]
        await fourth.ask('send', room, 'from the fourth')
        expectKept(await settled(all, room, acknowledged.size + 1), acknowledged)
        await until('everyone to know all members', async () => {
          const counts = await Promise.all(all.map((node) => node.ask('members', room)))
          return counts.every((members) => members.length === 4)
        })
        expectCalm(...all)
      }),
  )
})
