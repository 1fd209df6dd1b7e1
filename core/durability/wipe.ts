import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { overwriteFile, shredFile, syncDirectory, writePrivateFile } from './private-file.ts'

/** Stands while a directory is being wiped, so that the next start goes on with it. */
const MARKER = 'wiping'
/**
 * Bytes that are overwritten in all before they are unlinked. What is behind it in the store is sealed with keys that
 * are gone by then; gigabytes of films would keep a person waiting who has no time.
 */
const OVERWRITTEN = 256 * 1024 * 1024

/** True when a wipe of `dir` was begun and not finished. */
export async function isBeingWiped(dir: string): Promise<boolean> {
  // Who wiped in a hurry and pulled the plug meant it, whether or not the marker had its name by then.
  const begun = [MARKER, `${MARKER}.new`].map((name) => lstat(join(dir, name)))
  return (await Promise.allSettled(begun)).some(({ status }) => status === 'fulfilled')
}

/** Begins a wipe: from here on the next start finishes it. The first of `names` is gone when it resolves. */
export async function beginWipe(dir: string, names: readonly string[]): Promise<void> {
  // On a full disk the keys must go all the same.
  await writePrivateFile(join(dir, MARKER), '').catch(() => {})
  for (const path of await pathsOf(dir, names.slice(0, 1))) await shredFile(path)
}

/**
 * Overwrites and removes what `names` name in `dir` (and `name.…` beside it), in their order. Goes on after errors;
 * the first of them is thrown at the end, and the marker stays.
 */
export async function wipeDirectory(dir: string, names: readonly string[]): Promise<void> {
  const errors: unknown[] = []
  const tried = (error: unknown): void => void errors.push(error)
  await beginWipe(dir, names).catch(tried)
  let left = OVERWRITTEN
  for (const path of await pathsOf(dir, names)) {
    for (const { file, size } of await filesIn(path)) {
      // What is too large is left out; what is small behind it is not.
      if (size > left) continue
      await overwriteFile(file).catch(tried)
      left -= size
    }
    await rm(path, { recursive: true, force: true }).catch(tried)
  }
  await syncDirectory(dir)
  if (errors.length > 0) throw errors[0]
  for (const name of [MARKER, `${MARKER}.new`]) await rm(join(dir, name), { force: true })
  await syncDirectory(dir)
}

async function pathsOf(dir: string, names: readonly string[]): Promise<string[]> {
  const entries = await readdir(dir).catch(() => [])
  const matching = (name: string): string[] =>
    entries.filter((entry) => entry === name || entry.startsWith(`${name}.`))
  return names.flatMap(matching).map((entry) => join(dir, entry))
}

/** Every regular file at or below `path`; a link is nobody's but who made it. */
async function filesIn(path: string): Promise<{ file: string; size: number }[]> {
  const stats = await lstat(path).catch(() => null)
  if (stats?.isFile()) return [{ file: path, size: stats.size }]
  if (!stats?.isDirectory()) return []
  const entries = await readdir(path).catch(() => [])
  const below = await Promise.all(entries.map((entry) => filesIn(join(path, entry))))
  return below.flat()
}
