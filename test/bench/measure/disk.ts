import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes that a file, or all below a directory, take of the disk. */
export async function diskUse(path: string): Promise<number> {
  const stats = await lstat(path).catch(() => null)
  // It went while we looked.
  if (!stats) return 0
  let bytes = stats.blocks * 512
  if (stats.isDirectory()) {
    for (const name of await readdir(path)) bytes += await diskUse(join(path, name))
  }
  return bytes
}
