/** R7 for files: a disk that fills up is said, what is there stays readable, and files go on once there is space. */
import { expect } from '@jest/globals'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../compliance/until.ts'
import { labTest } from '../setup/lab-test.ts'
import { ask, hashOf, makeFile, shown, storedFiles, wholeHash, want } from './files-node.ts'
import { befriend, expectCalm, link } from './nodes.ts'
import { NodeProcess } from './node-process.ts'
import { inScratch } from './scratch.ts'
import { SmallDisk } from './small-disk.ts'

const MB = 1024 * 1024
const NEEDS = { namespaces: true }

await labTest('R7: a receiver on a disk of 12 MB runs out of space in the middle', NEEDS, () => {
  let disk: SmallDisk
  return inScratch(
    async (scratch) => {
      disk = await SmallDisk.mount(join(scratch, 'disk'), 12)
      const path = await makeFile(join(scratch, 'sent', 'map.bin'), 3)
      const dir = join(disk.dir, 'receiver')
      const sender = await NodeProcess.open(join(scratch, 'sender'), 'Sender')
      const receiver = await NodeProcess.open(dir, 'Receiver')
      const room = await befriend(sender, receiver)
      await sender.ask('send', room, 'here is the map')
      await until('the message', async () => (await receiver.texts(room)).length === 1)
      await disk.fill(4.5 * MB)
      const { id } = await ask(sender, 'send', room, path)
      await shown(receiver, room, id, 'the offer', () => true)
      const got = ask(receiver, 'get', room, id).then(
        () => 'complete',
        (error: { code: string }) => error.code,
      )
      const { words, state } = await shown(receiver, room, id, 'words of the disk', (view) => {
        return view.reason === 'disk-full'
      })
      expect(words).toMatch(/space|disk/i)
      expect(state).not.toBe('complete')
      // Files leave more than messages need.
      await receiver.ask('send', room, 'it does not fit')
      expect((await receiver.texts(room)).includes('here is the map')).toBe(true)
      const { bavail, bsize } = await statfs(disk.dir)
      // What the store itself needs in order to live is left to it.
      expect(bavail * bsize).toBeGreaterThan(MB)
      await disk.free()
      expect(await wholeHash(receiver, room, id)).toBe(await hashOf(path))
      expect(['complete', 'DISK_FULL']).toContain(await got)
      expect((await storedFiles(dir)).filter((name) => name.endsWith('.part'))).toEqual([])
      await receiver.close()
      const again = await NodeProcess.open(dir)
      expect(await wholeHash(again, room, id)).toBe(await hashOf(path))
      expectCalm(sender, receiver, again)
    },
    () => disk.unmount(),
  )
})

await labTest(
  'R7: what is sent as bytes to a full disk is refused, and leaves nothing',
  NEEDS,
  () => {
    let disk: SmallDisk
    return inScratch(
      async (scratch) => {
        disk = await SmallDisk.mount(join(scratch, 'disk'), 12)
        const dir = join(disk.dir, 'sender')
        const sender = await NodeProcess.open(dir, 'Sender')
        const { id: room } = await sender.ask('createRoom', 'Room')
        await disk.fill(5 * MB)
        await expect(sender.call('sendBytes', room, 'upload.bin', 8 * MB)).rejects.toMatchObject({
          code: 'DISK_FULL',
        })
        expect(await ask(sender, 'list', room)).toEqual([])
        expect((await storedFiles(dir)).filter((name) => name.includes('upload'))).toEqual([])
        await disk.free()
        const sent = await sender.call<{ id: string }>('sendBytes', room, 'upload.bin', MB)
        const receiver = await NodeProcess.open(join(scratch, 'receiver'), 'Receiver')
        await link(sender, receiver)
        await receiver.ask('join', await sender.ask('invite', room), { patience: 120_000 })
        await want(receiver, room, sent.id)
        const [here, there] = [
          await wholeHash(sender, room, sent.id),
          wholeHash(receiver, room, sent.id),
        ]
        expect(await there).toBe(here)
        expectCalm(sender, receiver)
      },
      () => disk.unmount(),
    )
  },
)
