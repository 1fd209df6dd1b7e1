/** R7 for media: one that is too small says so, and what is on it is complete in itself. */
import { expect } from '@jest/globals'
import { join } from 'node:path'
import { silentLogger } from '../../core/logger.ts'
import { Archive } from '../../core/mirror/archive/archive.ts'
import { exchangeWithDirectory } from '../../core/mirror/usb/exchange-with-directory.ts'
import { labTest } from '../setup/lab-test.ts'
import { contentsOf, makeArchive } from './mirror-scene.ts'
import { inScratch } from './scratch.ts'
import { SmallDisk } from './small-disk.ts'

await labTest(
  'R7: a medium that fills up in the middle keeps what fits, and takes the rest later',
  { namespaces: true },
  () => {
    let disk: SmallDisk
    return inScratch(
      async (scratch) => {
        const source = join(scratch, 'source')
        await makeArchive(source, 4, 300)
        disk = await SmallDisk.mount(join(scratch, 'stick'), 2)
        const home = join(disk.dir, 'porchlight')
        const archive = await Archive.open(source, { logger: silentLogger })
        const options = {
          dir: disk.dir,
          rooms: [],
          mirrors: archive.mirrors(),
          logger: silentLogger,
        }
        try {
          await disk.fill(0)
          await expect(exchangeWithDirectory(options)).rejects.toMatchObject({
            code: 'DISK_FULL',
            message: expect.stringContaining('The medium'),
          })
          await disk.free()
          await disk.fill(500_000)
          const first = await exchangeWithDirectory(options)
          expect(first.problems.join(' ')).toMatch(/full/)
          expect(first.written.records).toBeGreaterThan(0)
          const count = (all: Map<string, Map<string, Buffer>>): number =>
            [...all.values()].reduce((sum, { size }) => sum + size, 0)
          expect(count(await contentsOf(home))).toBe(first.written.records)
          // Not a byte is left: it can be read all the same.
          await disk.fill()
          const second = await exchangeWithDirectory(options)
          expect(second.written.records).toBe(0)
          expect(count(await contentsOf(home))).toBe(first.written.records)
          await disk.free()
          const third = await exchangeWithDirectory(options)
          expect(third.problems).toEqual([])
        } finally {
          await archive.close()
        }
        expect(await contentsOf(home)).toEqual(await contentsOf(source))
      },
      () => disk?.unmount(),
    )
  },
)
