import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a file that only its owner can read: all or nothing, and durable when it resolves. */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.datasync()
  } finally {
    await file.close()
  }
  await renameDurably(`${path}.new`, path)
}

/** Renames a file; when it resolves, no power cut can undo it. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
}

/** Makes the names in a directory durable; where a system can not do that, it needs none. */
export async function syncDirectory(path: string): Promise<void> {
  const dir = await open(path, 'r').catch(() => null)
  try {
    await dir?.sync()
  } catch {
    // Windows has no fsync of a directory.
  } finally {
    await dir?.close()
  }
}
