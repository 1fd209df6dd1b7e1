import { constants } from 'node:fs'
import {
  chmod,
  copyFile,
  cp,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { PorchlightError } from '../../errors.ts'
import { syncDirectory } from '../../durability/private-file.ts'
import { numberedName } from '../safe-name.ts'

/** What a name may take at most in a directory, less what a part's ending takes. */
const LONGEST = 240
/** That is, the ending and a mark so long. */
const SHORT_MARK = 10
const TRIES = 1000
/** How a system says that it makes no links there: one of them says so of a directory. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EMLINK', 'EISDIR'])

/**
 * Where an item of this name goes for a person who said `out`: into it, if it is a directory. Errors: `EXISTS` for what
 * is there already, `NOT_FOUND` for a directory that is not.
 */
export async function targetFor(out: string, name: string): Promise<string> {
  const path = resolve(out)
  const inside = (await stat(path).catch(() => null))?.isDirectory() ?? false
  if (!inside && /[/\\]$/.test(out)) throw noFolder(path)
  const target = inside ? join(path, name) : path
  if (await exists(target)) throw existsAlready(target)
  const parent = await stat(dirname(target)).catch(() => null)
  if (!parent?.isDirectory()) {
    throw noFolder(dirname(target))
  }
  return target
}

/** The name beside `target` under which it stands until it is complete; `mark` tells it from another's. */
export function partOf(target: string, mark = ''): string {
  let name = basename(target)
  const longest = LONGEST - Math.max(0, Buffer.byteLength(mark) - SHORT_MARK)
  while (Buffer.byteLength(name) > longest) name = name.slice(0, -1).toWellFormed()
  return join(dirname(target), `${name}${mark}.part`)
}

/** Makes what is to become `out`, beside it, by `make`, under a name that nothing has. Returns that. */
export async function makePart(
  out: string,
  id: string,
  make: (place: string) => Promise<void>,
): Promise<string> {
  const mark = `.${id.slice(0, 8)}`
  for (let n = 1; n < TRIES; n++) {
    const place = partOf(out, n === 1 ? '' : n === 2 ? mark : `${mark}-${n}`)
    try {
      await make(place)
      return place
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  throw existsAlready(partOf(out))
}

/**
 * Gives what stands at `from` the name `to`, in one directory or on one disk; with a number where that is taken: nothing
 * is replaced. `before` is told the name before it is given.
 */
export async function giveName(
  from: string,
  to: string,
  before: (name: string) => Promise<void>,
): Promise<string> {
  for (let n = 1; n < TRIES; n++) {
    const name = n === 1 ? to : join(dirname(to), numberedName(basename(to), n))
    if ((await exists(name)) && !(await same(from, name))) continue
    await before(name)
    if (await renameNew(from, name)) return name
  }
  throw existsAlready(to)
}

/**
 * Moves what is complete to another directory; on another disk it makes a copy, and what is at `from` is the caller's to
 * remove. `id` is the item's. Errors: `EXISTS`, and those of the file system.
 */
export async function moveNew(from: string, to: string, id: string): Promise<void> {
  try {
    if (!(await renameNew(from, to))) throw existsAlready(to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    await copyNew(from, to, id)
  }
}

/** Copies what is complete, all or nothing, and durably. `id` is the item's. Errors: as `moveNew`. */
export async function copyNew(from: string, to: string, id: string): Promise<void> {
  const part = partOf(to, `.${id.slice(0, 8)}.copy`)
  if (await exists(to)) throw existsAlready(to)
  // Nobody else names one so: an end in the middle of copying left it.
  await rm(part, { recursive: true, force: true })
  try {
    if ((await lstat(from)).isDirectory()) {
      await cp(from, part, { recursive: true, errorOnExist: true, force: false })
    } else await copyFile(from, part, constants.COPYFILE_EXCL)
    await openToPerson(part)
    await syncAll(part)
    if (!(await renameNew(part, to))) throw existsAlready(to)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw error
  }
}

/** What stood in the data directory, for its owner alone, gets the permissions that this person's files have. */
export async function openToPerson(path: string): Promise<void> {
  const umask = process.umask()
  const each = async (at: string): Promise<void> => {
    const stats = await lstat(at)
    if (stats.isDirectory()) {
      await chmod(at, 0o755 & ~umask)
      for (const name of await readdir(at)) await each(join(at, name))
    } else if (stats.isFile()) await chmod(at, 0o644 & ~umask)
  }
  await each(path)
}

/** A new empty file of a size, all of it a hole. */
export async function makeFile(path: string, size: number, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.truncate(size)
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

/** Makes one directory: what is there already, a link as well, is an error (`EEXIST`). */
export async function makeNewDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode })
}

/** Makes directories below one that exists. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true, mode })
}

/** Gives `from` a name on its disk; false when that is taken by something else. `makeLink` is for tests. */
export async function renameNew(from: string, to: string, makeLink = link): Promise<boolean> {
  if ((await lstat(from)).isDirectory()) {
    if (await exists(to)) return false
    await rename(from, to)
  } else {
    try {
      await makeLink(from, to)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined || (code !== 'EEXIST' && !NO_LINKS.has(code))) throw error
      if (code !== 'EEXIST') return renameReserved(from, to)
      if (!(await same(from, to))) return false
    }
    await rm(from)
  }
  await syncDirectory(dirname(to))
  return true
}

/** Where a disk knows no links: what it replaces is a file made here just before, under a name that was free. */
async function renameReserved(from: string, to: string): Promise<boolean> {
  try {
    await (await open(to, 'wx')).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    await rename(from, to)
  } catch (error) {
    await rm(to, { force: true })
    throw error
  }
  await syncDirectory(dirname(to))
  return true
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null
}

async function same(a: string, b: string): Promise<boolean> {
  const [x, y] = await Promise.all(
    [a, b].map((path) => lstat(path, { bigint: true }).catch(() => null)),
  )
  return x?.isFile() === true && y?.isFile() === true && x.ino === y.ino && x.dev === y.dev
}

async function syncAll(path: string): Promise<void> {
  if ((await lstat(path)).isDirectory()) {
    for (const name of await readdir(path)) await syncAll(join(path, name))
    return syncDirectory(path)
  }
  const file = await open(path, 'r+')
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}

function existsAlready(path: string): PorchlightError {
  return new PorchlightError(
    'EXISTS',
    `There is already something at ${path}. It was left as it is; choose another name or folder.`,
  )
}

function noFolder(path: string): PorchlightError {
  return new PorchlightError(
    'NOT_FOUND',
    `There is no folder ${path}. Nothing was fetched; make it, or choose another.`,
  )
}
