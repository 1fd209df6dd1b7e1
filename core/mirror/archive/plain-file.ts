import { constants } from 'node:fs'
import { lstat, readFile, rm } from 'node:fs/promises'

/** Opens what is at a path itself, and nothing that it points to. (Windows has no such flag, and no such links on sticks.) */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0

/**
 * True for a file of at most `max` bytes. On a medium that somebody prepared a name may stand for a link to a file of
 * this machine, or for a pipe that never ends: such are removed, as nothing of ours ever is one.
 */
export async function isPlainFile(path: string, max = Infinity): Promise<boolean> {
  const stats = await lstat(path).catch(orNone)
  if (!stats) return false
  if (stats.isFile()) return stats.size <= max
  await rm(path, { recursive: true, force: true })
  return false
}

/** True for a directory that is one itself. */
export async function isPlainDirectory(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

/** True for a directory; what else has its name, as a link that leads elsewhere, is removed. */
export async function clearsDirectory(path: string): Promise<boolean> {
  if (await isPlainDirectory(path)) return true
  await rm(path, { force: true })
  return false
}

/** A small file's bytes; null when there is none, or it is larger. */
export async function readPlainFile(path: string, max: number): Promise<Buffer | null> {
  // Another process may take it away after the look at it.
  return (await isPlainFile(path, max)) ? readFile(path).catch(orNone) : null
}

function orNone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
