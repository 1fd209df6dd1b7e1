import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

const BLOCK = 4096
const CHUNK = 1024 * 1024

/** Writes a file that only its owner can read: all or nothing, and durable when it resolves. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.datasync()
  } finally {
    await file.close()
  }
  await renameDurably(`${path}.new`, path)
}

/**
 * The same for a file of keys: what stood there before is overwritten on the disk, once the new one is safe.
 * (Disks that write elsewhere instead, as flash and copy-on-write file systems do, may keep the old bytes.)
 */
export async function replaceSecretFile(path: string, content: string | Uint8Array): Promise<void> {
  const old = await open(path, 'r+').catch(absent)
  try {
    await writePrivateFile(path, content)
    if (old) await overwrite(old)
  } finally {
    await old?.close()
  }
}

/** Overwrites a file on the disk, then removes it, also when the first failed; none is no error. */
export async function shredFile(path: string): Promise<void> {
  try {
    await overwriteFile(path)
  } finally {
    await rm(path, { force: true })
    await syncDirectory(dirname(path))
  }
}

/** Overwrites a file where it stands on the disk; none is no error. */
export async function overwriteFile(path: string): Promise<void> {
  const file = await open(path, 'r+').catch(absent)
  try {
    if (file) await overwrite(file)
  } finally {
    await file?.close()
  }
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

/** Zeros in place, to the end of the last block: the file keeps its blocks until they are on the disk. */
async function overwrite(file: FileHandle): Promise<void> {
  const { size } = await file.stat()
  const end = Math.ceil(size / BLOCK) * BLOCK
  const zeros = Buffer.alloc(Math.min(CHUNK, end))
  for (let at = 0; at < end;) {
    const { bytesWritten } = await file.write(zeros, 0, Math.min(zeros.byteLength, end - at), at)
    at += bytesWritten
  }
  await file.sync()
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
