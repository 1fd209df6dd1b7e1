import { PorchlightError } from '../../errors.ts'

/** What a person reads when a medium can not be used; null for an error that says it itself. */
export function stickError(dir: string, error: unknown): PorchlightError | null {
  const codes = [error, (error as { cause?: unknown } | null)?.cause].map(
    (each) => (each as NodeJS.ErrnoException | null | undefined)?.code,
  )
  const is = (...some: string[]): boolean => codes.some((code) => some.includes(code ?? ''))
  if (is('EROFS', 'EACCES', 'EPERM')) {
    return new PorchlightError(
      'NOT_ALLOWED',
      `${dir} can not be written to. Nothing was exchanged; unlock the medium, mount it for writing, or use another one.`,
      { cause: error },
    )
  }
  if (is('ENOENT', 'EIO', 'ENODEV', 'ENXIO', 'ESTALE', 'ENOTDIR')) return goneError(dir, error)
  return null
}

/** There is no space for anything. */
export function fullError(dir: string, cause?: unknown): PorchlightError {
  return new PorchlightError(
    'DISK_FULL',
    `The medium at ${dir} is full. Nothing was written to it; free some space there, or use another one.`,
    { cause },
  )
}

/** The medium went away in the middle. */
export function goneError(dir: string, cause?: unknown): PorchlightError {
  return new PorchlightError(
    'NOT_FOUND',
    `${dir} went away, or can not be read. What was read from it before is kept, and what was written to it stays there; put it in again and repeat.`,
    { cause },
  )
}

/** There is no directory at that place. */
export function noDirectory(dir: string, isFile: boolean): PorchlightError {
  const what = isFile ? `${dir} is not a directory` : `There is no directory ${dir}`
  return new PorchlightError(
    'NOT_FOUND',
    `${what}. Nothing was written; put the medium in and name the directory where it appears.`,
  )
}
