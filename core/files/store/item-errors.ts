/** What may go wrong with an item, in words for people. */
import { dirname } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import { asDiskError } from '../../durability/disk-error.ts'

/** The item is not what its message said of it. */
export function damaged(): PorchlightError {
  return new PorchlightError(
    'DAMAGED',
    'What the message says of this file does not open it. Nothing else was changed; ask its sender to send it again.',
  )
}

/** A chunk came before what it needs. */
export function tooEarly(): PorchlightError {
  return new PorchlightError('WAITING', 'What this part of the item needs is not here yet.')
}

/** What was here was moved or deleted by others. */
export function lostHere(): PorchlightError {
  return new PorchlightError(
    'CHANGED',
    'What had arrived of this file was moved or deleted by another program. Nothing else was changed; fetch it again.',
  )
}

/** This device does not take it, for another reason than a full disk. */
export function notStored(cause?: unknown): PorchlightError {
  return new PorchlightError(
    'UNAVAILABLE',
    'The file could not be stored at its place on this device. What has arrived is safe; look at the permissions there, or fetch it to a folder with a shorter path.',
    { cause },
  )
}

/** What is complete could not be put where a person wants it; it stays where it is. */
export function notPut(error: unknown, target: string): PorchlightError {
  const known = asDiskError(error)
  if (known === error || known.code === 'DISK_FULL') return known
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new PorchlightError(
      'NOT_FOUND',
      `There is no folder ${dirname(target)} any more. The file is safe where it arrived; choose another folder.`,
      { cause: error },
    )
  }
  return new PorchlightError(
    'FORBIDDEN',
    `The file could not be put at ${target} (${code ?? 'unknown'}). It is safe where it arrived; choose another folder.`,
    { cause: error },
  )
}

/** It may be read the next time. */
export function busy(code: string): PorchlightError {
  return new PorchlightError('UNAVAILABLE', `The file can not be read right now (${code}).`)
}

/** A file ends, or is not there, where it should be read. */
export function gone(cause?: unknown): never {
  throw new PorchlightError(
    'NOT_FOUND',
    'The file is no longer where it was, or has become shorter. Nothing else was changed; fetch or send it again.',
    { cause },
  )
}

/** The item was offered in another room. */
export function elsewhere(): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    'This file belongs to another of your rooms, and stays there. Nothing was changed.',
  )
}

/** What a path that is to be shared fails with. */
export function notThere(error: NodeJS.ErrnoException): never {
  const { code } = error
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') {
    throw new PorchlightError('NOT_FOUND', 'There is nothing at that path. Nothing was sent.', {
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    throw new PorchlightError(
      'FORBIDDEN',
      'Porchlight may not read what is at that path. Nothing was sent; check its permissions.',
      { cause: error },
    )
  }
  throw error
}
