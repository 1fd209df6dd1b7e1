import { lstat } from 'node:fs/promises'

/**
 * What tells a file or a directory from another that has its name now: its number, and when it was made for disks that
 * number anew at each start; '' for nothing.
 */
export async function markOf(path: string): Promise<string> {
  const stats = await lstat(path, { bigint: true }).catch(() => null)
  return stats ? `${stats.ino} ${stats.birthtimeNs}` : ''
}

/** True when what stands at a path is what the mark was taken of, under whatever name. */
export async function isMarked(path: string, mark: string): Promise<boolean> {
  const stats = await lstat(path, { bigint: true }).catch(() => null)
  if (!stats) return false
  const [number, made] = mark.split(' ')
  // Where a disk does not know when it was made, the system says 0, or when it was changed.
  const isKnown = stats.birthtimeNs !== 0n && stats.birthtimeNs !== stats.ctimeNs
  return isKnown ? String(stats.birthtimeNs) === made : String(stats.ino) === number
}
