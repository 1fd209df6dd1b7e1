import { expect } from '@jest/globals'
import { join } from 'node:path'
import { until } from '../compliance/until.ts'
import { labTest } from '../setup/lab-test.ts'
import { befriend, expectCalm, expectKept, link, settled } from './nodes.ts'
import { NodeProcess } from './node-process.ts'
import { inScratch } from './scratch.ts'
import { SmallDisk } from './small-disk.ts'

const NEEDS = { namespaces: true }

/** Runs `body` with a disk of `megabytes`; every node of it ends before the disk goes. */
function onSmallDisk(
  megabytes: number,
  body: (disk: SmallDisk, scratch: string) => Promise<void>,
): () => Promise<void> {
  let disk: SmallDisk
  return () =>
    inScratch(
      async (scratch) => {
        disk = await SmallDisk.mount(join(scratch, 'disk'), megabytes)
        await body(disk, scratch)
      },
      () => disk.unmount(),
    )
}

const MB = 1024 * 1024

/** Each size of disk, and how much of it other files leave. */
for (const [megabytes, leave] of [
  [12, 9],
  [64, 24],
] as const) {
  await labTest(
    `a disk of ${megabytes} MB fills up while sending: refused clearly, readable, goes on when there is space`,
    NEEDS,
    onSmallDisk(megabytes, async (disk) => {
      const dir = join(disk.dir, 'node')
      await disk.fill(leave * MB)
      const node = await NodeProcess.open(dir)
      const { id: room } = await node.ask('createRoom', 'Room')
      await node.call('flood', room, 'x'.repeat(8_000), 4)
      await until('refusals', () => node.refused.length === 4)
      expect(node.refused.map(({ code }) => code)).toEqual(Array(4).fill('DISK_FULL'))
      expectKept(await node.history(room), node.acknowledged)
      await expect(node.ask('send', room, 'no space')).rejects.toMatchObject({ code: 'DISK_FULL' })
      await expect(node.ask('createRoom', 'No space')).rejects.toMatchObject({ code: 'DISK_FULL' })
      await disk.free()
      const send = (): Promise<unknown> => node.ask('send', room, 'space again')
      await until('space', () => send().catch(() => undefined))
      await node.close()
      const again = await NodeProcess.open(dir)
      const history = await again.history(room)
      expectKept(history, node.acknowledged)
      // What was refused was not saved, as the person was told.
      expect(history).toHaveLength(node.acknowledged.size + 1)
      expectCalm(node, again)
    }),
  )
}

await labTest(
  'a disk that is full for the store itself: nothing acknowledged is lost, and a restart is clear about it',
  NEEDS,
  onSmallDisk(64, async (disk) => {
    const dir = join(disk.dir, 'node')
    const node = await NodeProcess.open(dir)
    const { id: room } = await node.ask('createRoom', 'Room')
    const filling = disk.fill()
    await node.call('flood', room, 'x'.repeat(8_000), 16)
    await filling
    await until('a refusal', () => node.refused.length === 16)
    await disk.fill()
    for (const { code } of node.refused) expect(code).toBe('DISK_FULL')
    expectKept(await node.history(room), node.acknowledged)
    await node.kill()
    // With no byte to spare it says so, or shows what there is.
    const full = new NodeProcess(dir)
    const failed = await full.outcome()
    if (failed) expect(failed.code).toBe('DISK_FULL')
    else expectKept(await full.history(room), node.acknowledged)
    await full.kill()
    await disk.free()
    const again = await NodeProcess.open(dir)
    expectKept(await again.history(room), node.acknowledged)
    await again.ask('send', room, 'goes on')
    expectCalm(node, full, again)
  }),
)

for (const [words, leave] of [
  ['nearly full', 5 * MB],
  ['full to the last byte', 0],
] as const) {
  await labTest(
    `a receiver whose disk is ${words} lives, its peer notices nothing, and it catches up later`,
    NEEDS,
    onSmallDisk(64, async (disk, scratch) => {
      const sender = await NodeProcess.open(join(scratch, 'sender'), 'Sender')
      const receiver = await NodeProcess.open(join(disk.dir, 'receiver'), 'Receiver')
      await receiver.call('online')
      const room = await befriend(sender, receiver)
      await sender.ask('send', room, 'first')
      await settled([sender, receiver], room, 1)
      await disk.fill(leave)
      await sender.call('flood', room, 'y'.repeat(8_000), 8)
      await until('a megabyte', () => sender.acknowledged.size > 128)
      await sender.call('calm')
      await until('a word of the disk', () => receiver.logged.includes('disk'))
      expect((await receiver.texts(room)).includes('first')).toBe(true)
      const { id } = await sender.ask('send', room, 'last')
      await disk.free()
      await link(sender, receiver).catch(() => {})
      const history = await settled([sender, receiver], room, sender.acknowledged.size + 2)
      expectKept(history, new Map([...sender.acknowledged, [id, 'last']]))
      expectCalm(sender, receiver)
    }),
  )
}
