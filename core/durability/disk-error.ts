import { PorchlightError } from '../errors.ts'

/** Turns an error of the file system or the store into one for people; passes PorchlightErrors on. */
export function asDiskError(error: unknown): PorchlightError {
  if (error instanceof PorchlightError) return error
  const code = (error as NodeJS.ErrnoException | null)?.code
  const message = error instanceof Error ? error.message : String(error)
  // The store refuses every write once it met a full disk, and says no more than this.
  const full = /no space left|batch was not applied/i.test(message)
  if (code === 'ENOSPC' || code === 'EDQUOT' || full) return diskFull(error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new PorchlightError(
      'DAMAGED',
      'The data directory can not be written. Nothing was changed; check its owner and permissions.',
      { cause: error },
    )
  }
  return new PorchlightError('INTERNAL', `The data could not be written: ${message}.`, {
    cause: error,
  })
}

/** What a person sees when there is no room left. */
export function diskFull(cause?: unknown): PorchlightError {
  return new PorchlightError(
    'DISK_FULL',
    'The disk is full, so this was not saved. Everything stored before is safe and readable; free some space and try again.',
    { cause },
  )
}
