import { expect } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { DiskGuard } from '../../core/durability/disk-guard.ts'
import { labTest } from '../setup/lab-test.ts'
import { inScratch } from './scratch.ts'
import { SmallDisk } from './small-disk.ts'

const MB = 1024 * 1024

await labTest(
  'files stop before messages do, bytes that are being written counted, and are told when there is room',
  { namespaces: true },
  () => {
    let disk: SmallDisk
    return inScratch(
      async (scratch) => {
        disk = await SmallDisk.mount(join(scratch, 'disk'), 20)
        await mkdir(join(disk.dir, 'store'))
        let told = 0
        const guard = await DiskGuard.open({
          dir: disk.dir,
          store: join(disk.dir, 'store'),
          clock: systemClock,
          onchange: () => {},
          oncritical: () => {},
          onroom: () => told++,
        })
        try {
          // 20 MB are free, 4 are the reserve, 6 are left by files: two of 5 MB fit, a third does not.
          const first = await guard.space(5 * MB)
          const second = await guard.space(5 * MB)
          await expect(guard.space(5 * MB)).rejects.toMatchObject({ code: 'DISK_FULL' })
          // Not on the disk yet, and over: there is room for them again.
          first()
          await guard.look()
          expect(told).toBe(1)
          second()
          await disk.fill(5 * MB)
          await guard.look()
          await expect(guard.space(1)).rejects.toMatchObject({ code: 'DISK_FULL' })
          await guard.check(1)
          await disk.free()
          await writeFile(join(disk.dir, 'other'), Buffer.alloc(13.5 * MB))
          await guard.look()
          // Not enough to begin again, and soon be stopped again.
          await expect(guard.space(1)).rejects.toMatchObject({ code: 'DISK_FULL' })
          expect(told).toBe(1)
          await writeFile(join(disk.dir, 'other'), Buffer.alloc(8 * MB))
          await guard.look()
          expect(told).toBe(2)
          await guard.space(MB)
        } finally {
          guard.close()
        }
      },
      () => disk.unmount(),
    )
  },
)
