/** A received folder on the disk: its table of contents in a file of the store, its files below its place. */
import { constants, readFileSync } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Piece } from '../work/chunk-work.ts'
import { decodeContents } from './contents.ts'
import { each } from './each.ts'
import { Layout } from './layout.ts'
import { readPieces, writePieces } from './piece-io.ts'
import { makeDirectory } from './put-in-place.ts'

/** One that is there already came of an earlier try. */
const OPEN_NEW =
  constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** A table of `contents` bytes, of an item of `size`, and its sum; null for what is none. */
export function readTable(
  path: string,
  { contents, size }: { contents: number; size: number },
): { layout: Layout; sum: number } | null {
  try {
    const bytes = readFileSync(path).subarray(0, contents)
    const entries = bytes.byteLength === contents ? decodeContents(bytes, size - contents) : null
    if (!entries) return null
    const laid = entries.map((entry) => ({ ...entry, local: entry.path }))
    return { layout: new Layout(laid, { length: contents, at: { path } }), sum: crc32(bytes) }
  } catch {
    return null
  }
}

/** The directories that the files of a folder stand in. */
export function directoriesOf(place: string, layout: Layout | null): Set<string> {
  return new Set(layout?.entries.map(({ local }) => dirname(join(place, local))))
}

/** Makes the files of a folder, all empty; what is there stays. `own`: in the store's directory. */
export async function makeFiles(place: string, layout: Layout, own: boolean): Promise<void> {
  const directories = directoriesOf(place, layout)
  for (const directory of directories) await makeDirectory(directory, own ? 0o700 : 0o755)
  await each(layout.entries, async ({ local }) => {
    const file = await open(join(place, local), OPEN_NEW, own ? 0o600 : 0o644)
    await file.close()
  })
}

/** Gives the files what arrived behind the table, up to `end` of the item; returns what was written. */
export async function giveBehind(
  place: string,
  layout: Layout,
  table: { readonly path: string; readonly contents: number },
  end: number,
): Promise<Piece[]> {
  const { path, contents } = table
  const length = end - contents
  if (length <= 0) return []
  const behind = await readPieces([{ path, at: contents, length }], length)
  const pieces = layout.pieces(place, contents, end)
  await writePieces(pieces, behind)
  return pieces
}

/** True while all files of a folder are there; those of one that is not `whole` may be shorter than they will be. */
export async function filesStand(
  place: string,
  layout: Layout | null,
  whole: boolean,
): Promise<boolean> {
  let stand = true
  await each(layout?.entries ?? [], async ({ local, size }) => {
    const stats = await lstat(join(place, local)).catch(() => null)
    const fits = whole ? stats?.size === size : stats !== null && stats.size <= size
    if (!stats?.isFile() || !fits) stand = false
  })
  return stand
}
