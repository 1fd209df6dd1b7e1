import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import { MAX_ITEM } from '../descriptor.ts'
import { sourceChanged } from './build-manifest.ts'
import { MAX_CONTENTS } from './contents.ts'
import { stampOf, walkFolder } from './folder-walk.ts'
import type { FoundFile } from './folder-walk.ts'
import { notThere } from './item-errors.ts'

/** The files of what is to be shared: one whose local path is '' for a file. Errors: `NOT_FOUND`, `FORBIDDEN`, `BAD_REQUEST`. */
export async function findFiles(
  place: string,
  signal: AbortSignal | undefined,
): Promise<FoundFile[]> {
  const stats = await lstat(place, { bigint: true }).catch(notThere)
  if (stats.isDirectory()) return (await walkFolder(place, signal).catch(notThere)).files
  if (!stats.isFile()) {
    throw new PorchlightError(
      'BAD_REQUEST',
      'That is neither a file nor a folder. Nothing was sent.',
    )
  }
  return [{ local: '', size: Number(stats.size), stamp: stampOf(stats) }]
}

/** Errors: `CHANGED` for files that are not as they were found. */
export async function assertUnchanged(place: string, found: readonly FoundFile[]): Promise<void> {
  for (const { local, stamp } of found) {
    const stats = await lstat(join(place, local), { bigint: true }).catch(() => null)
    if (!stats?.isFile() || stampOf(stats) !== stamp) throw sourceChanged()
  }
}

/** Errors: `BAD_REQUEST` for nothing, `TOO_LARGE`. */
export function assertShareable(size: number, contents: number): void {
  if (size === 0) {
    throw new PorchlightError('BAD_REQUEST', 'The file is empty. Nothing was sent.')
  }
  if (size > MAX_ITEM || contents > MAX_CONTENTS) {
    throw new PorchlightError(
      'TOO_LARGE',
      'It is larger than one item can be (1 TiB). Nothing was sent; send parts of it.',
    )
  }
}
