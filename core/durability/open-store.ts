import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Corestore from 'corestore'
import { PorchlightError } from '../errors.ts'
import { asDiskError } from './disk-error.ts'

/**
 * Opens the store in `dir`; `fresh` when there was none. Errors: `ALREADY_RUNNING` when another process has it,
 * `DISK_FULL`, `DAMAGED`.
 */
export async function openStore(dir: string): Promise<{ store: Corestore; fresh: boolean }> {
  const fresh = !existsSync(join(dir, 'db', 'CURRENT'))
  const store = new Corestore(dir)
  try {
    await store.ready()
    return { store, fresh }
  } catch (error) {
    throw storeError(error, dir)
  }
}

/** What went wrong with the store in `dir`, for people. */
export function storeError(error: unknown, dir: string): PorchlightError {
  const known = asDiskError(error)
  if (known.code !== 'INTERNAL') return known
  const detail = error instanceof Error ? error.message : String(error)
  if (/could not be locked/i.test(detail)) {
    return new PorchlightError(
      'ALREADY_RUNNING',
      'Another Porchlight uses this data directory. Nothing was changed; use that one, or stop it first.',
      { cause: error },
    )
  }
  return new PorchlightError(
    'DAMAGED',
    `The message store ${dir} can not be read (${detail}). Nothing was changed. Check the disk; if it is sound, move that folder away and start again: your rooms stay, and messages come back from members near you.`,
    { cause: error },
  )
}
