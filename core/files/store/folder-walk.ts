import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import { MAX_DEPTH, MAX_FILES } from './contents.ts'

/** A file as it was found: what tells that it was written to since. */
export interface FoundFile {
  /** Relative, separated by `/`; '' for the path itself. */
  readonly local: string
  readonly size: number
  readonly stamp: string
}

/** What tells one state of a file from a later one. */
export function stampOf(stats: {
  size: bigint
  mtimeNs: bigint
  ctimeNs: bigint
  ino: bigint
}): string {
  return [stats.size, stats.mtimeNs, stats.ctimeNs, stats.ino].join(' ')
}

/**
 * The regular files below a directory, by name. Links and special files are left out and counted. Errors:
 * `BAD_REQUEST` for none, too many or too deep.
 */
export async function walkFolder(
  root: string,
  signal?: AbortSignal,
): Promise<{ files: FoundFile[]; skipped: number }> {
  const files: FoundFile[] = []
  let skipped = 0
  let seen = 0
  const walk = async (below: string, depth: number): Promise<void> => {
    if (depth > MAX_DEPTH) {
      throw new PorchlightError(
        'BAD_REQUEST',
        `The folder is more than ${MAX_DEPTH} folders deep. Nothing was sent; send a part of it.`,
      )
    }
    const names: string[] = []
    const directory = await opendir(join(root, below))
    for await (const { name } of directory) {
      signal?.throwIfAborted()
      if (++seen > MAX_FILES) {
        throw new PorchlightError(
          'BAD_REQUEST',
          `The folder has more than ${MAX_FILES} files. Nothing was sent; send parts of it.`,
        )
      }
      names.push(name)
    }
    for (const name of names.toSorted()) {
      signal?.throwIfAborted()
      const local = below === '' ? name : `${below}/${name}`
      // A name that is no text can not be found again by it.
      const stats = await lstat(join(root, local), { bigint: true }).catch(() => null)
      if (stats?.isDirectory()) await walk(local, depth + 1)
      else if (stats?.isFile()) {
        files.push({ local, size: Number(stats.size), stamp: stampOf(stats) })
      } else skipped++
    }
  }
  await walk('', 0)
  if (files.length === 0) {
    throw new PorchlightError('BAD_REQUEST', 'The folder has no files. Nothing was sent.')
  }
  return { files, skipped }
}
