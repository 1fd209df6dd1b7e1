/** R5, R6 and R8 for archives and media: what was said to be stored outlives every end of the process. */
import {
  appendFile,
  copyFile,
  mkdir,
  readdir,
  readFile,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { silentLogger } from '../../core/logger.ts'
import { Archive } from '../../core/mirror/archive/archive.ts'
import { exchangeWithDirectory } from '../../core/mirror/usb/exchange-with-directory.ts'
import { seededRandom } from '../../core/random.ts'
import { contentsOf, makeArchive, runChild } from './mirror-scene.ts'
import { inScratch } from './scratch.ts'

const KILLS = 6

test('R5: an archive whose process is killed at any moment has all that it said it stored', () =>
  inScratch(async (scratch) => {
    const [source, target] = [join(scratch, 'source'), join(scratch, 'target')]
    await makeArchive(source, 2, 120)
    const random = seededRandom(6)
    const stored = new Map<string, number>()
    for (let round = 0; round <= KILLS; round++) {
      const lines = round < KILLS ? 1 + Math.floor(random.float() * 25) : Infinity
      for (const line of await runChild(['store', source, target], lines)) {
        const [id, key, length] = line.split(' ')
        if (length) stored.set(`${id} ${key}`, Number(length))
      }
      const found = await contentsOf(target)
      for (const [name, length] of stored) {
        const [id, key] = name.split(' ')
        expect(found.get(id!)!.has(`${key} ${length - 1}`)).toBe(true)
      }
    }
    expect(await contentsOf(target)).toEqual(await contentsOf(source))
    expect(stored.size).toBe(4)
  }))

test('R5, R6: a medium that was cut off in the middle opens again, and the next exchange finishes it', () =>
  inScratch(async (scratch) => {
    const [source, stick] = [join(scratch, 'source'), join(scratch, 'stick')]
    const home = join(stick, 'porchlight')
    await makeArchive(source, 6, 40)
    const given = await contentsOf(source)
    await mkdir(stick)
    for (const lines of [1, 3, 8]) {
      await runChild(['carry', source, stick], lines)
      for (const [id, content] of await contentsOf(home)) {
        const all = given.get(id)!
        for (const [name, block] of content) expect(block.equals(all.get(name)!)).toBe(true)
      }
    }
    // The end of each file may be missing, or be of something else.
    for (const path of await segmentsUnder(home)) {
      const { size } = await stat(path)
      await truncate(path, size - 7)
      await appendFile(path, Buffer.alloc(300))
    }
    const said = await runChild(['carry', source, stick])
    expect(said.at(-1)).toBe('done')
    expect(await contentsOf(home)).toEqual(given)
  }))

test('R8: a medium with a flipped bit in any of its files is read as far as it is right, and made whole', () =>
  inScratch(async (scratch) => {
    const [source, stick] = [join(scratch, 'source'), join(scratch, 'stick')]
    const home = join(stick, 'porchlight')
    await makeArchive(source, 2, 30)
    await mkdir(stick)
    const archive = await Archive.open(source, { logger: silentLogger })
    const carry = (): ReturnType<typeof exchangeWithDirectory> =>
      exchangeWithDirectory({
        dir: stick,
        rooms: [],
        mirrors: archive.mirrors(),
        logger: silentLogger,
      })
    try {
      await carry()
      const random = seededRandom(8)
      const names = (await readdir(home, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && entry.name !== 'format')
        .map((entry) => join(entry.parentPath, entry.name))
      expect(names.length).toBeGreaterThanOrEqual(4)
      for (const path of names) {
        await copyFile(path, `${path}.was`)
        const bytes = await readFile(path)
        for (let i = 0; i < 3; i++) {
          bytes[Math.floor(random.float() * bytes.byteLength)]! ^=
            1 << Math.floor(random.float() * 8)
        }
        await writeFile(path, bytes)
        // Reading finds what is damaged; writing puts it back.
        await contentsReadable(home)
        await carry()
      }
    } finally {
      await archive.close()
    }
    expect(await contentsOf(home)).toEqual(await contentsOf(source))
  }))

/** Reads whatever is there; what is damaged is dropped by that. */
async function contentsReadable(home: string): Promise<void> {
  const archive = await Archive.open(home, { logger: silentLogger })
  for (const mirror of archive.mirrors()) {
    for (const { key, spans } of await mirror.heads()) {
      for (const { from, to } of spans)
        for (let at = from; at < to; at++) await mirror.read(key, at, 1e6)
    }
  }
  await archive.close()
}

async function segmentsUnder(home: string): Promise<string[]> {
  const names = await readdir(home, { recursive: true })
  return names.filter((name) => name.endsWith('.seg')).map((name) => join(home, name))
}
