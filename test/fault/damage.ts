import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Makes the next start believe that the machine went down: the marker of another boot. */
export async function machineWentDown(dir: string): Promise<void> {
  await writeFile(join(dir, 'running'), '00000000-0000-4000-8000-000000000000')
}

/** Cuts the store's write-ahead logs: `keep` of their bytes stay, from 0 (nothing) to 1 (all). */
export async function cutStore(dir: string, keep: number): Promise<void> {
  for (const path of await writeAheadLogs(dir)) {
    const { size } = await stat(path)
    await truncate(path, Math.floor(size * keep))
  }
}

/** Bytes in the store's write-ahead logs. */
export async function unsyncedBytes(dir: string): Promise<number> {
  const sizes = (await writeAheadLogs(dir)).map(async (path) => (await stat(path)).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

async function writeAheadLogs(dir: string): Promise<string[]> {
  const names = await readdir(join(dir, 'store'), { recursive: true })
  return names.filter((name) => name.endsWith('.log')).map((name) => join(dir, 'store', name))
}

export const journal = {
  async intact(): Promise<void> {},

  /** The last entry is there in part. */
  async torn(dir: string): Promise<void> {
    const path = join(dir, 'journal')
    await truncate(path, (await stat(path)).size - 7)
  },

  async lost(dir: string): Promise<void> {
    await rm(join(dir, 'journal'))
    await rm(join(dir, 'journal.old'), { force: true })
  },

  /** One bit of an entry in its middle is another. */
  async flipped(dir: string): Promise<void> {
    await flipBit(join(dir, 'journal'), 0.5)
  },
}

export type JournalDamage = keyof typeof journal

/** Flips a bit of the byte at `where`, a fraction of the file's size. */
export async function flipBit(path: string, where: number, bit = 3): Promise<void> {
  const data = await readFile(path)
  const at = Math.min(data.byteLength - 1, Math.floor(data.byteLength * where))
  data[at]! ^= 1 << bit
  await writeFile(path, data)
}
