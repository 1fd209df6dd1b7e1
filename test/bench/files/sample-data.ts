import { createCipheriv, createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, mkdir, open, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

const STEP = 1024 * 1024
const A_FOLDER = 100
const SMALLEST = 1_024
const LARGEST = 64_000

/** The same random bytes for the same seed. */
export class SeededBytes {
  readonly #cipher

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest()
    this.#cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  }

  next(length: number): Buffer {
    return this.#cipher.update(Buffer.alloc(length))
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + (this.next(6).readUIntLE(0, 6) % (high - low + 1))
  }
}

export async function writeLargeFile(path: string, size: number, seed: string): Promise<void> {
  const bytes = new SeededBytes(seed)
  const file = await open(path, 'wx')
  try {
    for (let at = 0; at < size; at += STEP) {
      await file.write(bytes.next(Math.min(STEP, size - at)))
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Files of 1 to 64 kB, a hundred in each folder; gives their bytes in all. */
export async function writeSmallFiles(path: string, count: number, seed: string): Promise<number> {
  const bytes = new SeededBytes(seed)
  let total = 0
  for (let i = 0; i < count; i++) {
    const folder = join(path, `folder ${Math.floor(i / A_FOLDER)}`)
    if (i % A_FOLDER === 0) await mkdir(folder, { recursive: true })
    const content = bytes.next(bytes.between(SMALLEST, LARGEST))
    await writeFile(join(folder, `file ${i}.bin`), content)
    total += content.byteLength
  }
  return total
}

/** The files below a path, or the path itself when it is one: relative, in one order everywhere. */
export async function filesIn(path: string): Promise<{ path: string; size: number }[]> {
  const { size, ...root } = await stat(path).then((found) => ({
    size: found.size,
    isFile: found.isFile(),
  }))
  if (root.isFile) return [{ path: '', size }]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .toSorted()
  return Promise.all(
    files.map(async (file) => ({ path: file, size: (await stat(join(path, file))).size })),
  )
}

/** A hash over names and bytes: two of one hash are the same, byte for byte. */
export async function contentHash(path: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of await filesIn(path)) {
    hash.update(`${file.path}\0${file.size}\0`)
    await feed(hash, join(path, file.path))
  }
  return hash.digest('hex')
}

async function feed(hash: Hash, path: string): Promise<void> {
  for await (const bytes of createReadStream(path, { highWaterMark: STEP })) {
    hash.update(bytes as Buffer)
  }
}

/** Puts the same files at a second path without copying them. */
export async function linkTree(from: string, to: string): Promise<void> {
  for (const { path } of await filesIn(from)) {
    const target = join(to, path)
    await mkdir(dirname(target), { recursive: true })
    await link(join(from, path), target)
  }
}
