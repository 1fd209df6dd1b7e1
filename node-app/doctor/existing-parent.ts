import { existsSync } from 'node:fs'
import { dirname } from 'node:path'

/** The directory itself, or the nearest one above it that exists: before the first start there is none. */
export function existingParent(dir: string): string {
  const up = dirname(dir)
  return existsSync(dir) || up === dir ? dir : existingParent(up)
}
