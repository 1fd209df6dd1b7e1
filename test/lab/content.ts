/** Files and folders with bytes that follow from a number, and what they hold in one line. */
import { createCipheriv, createHash } from 'node:crypto'
import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Random } from '../../core/random.ts'
import { admin } from './ip.ts'

const PIECE = 1024 * 1024

/** A file or folder that was made. */
export interface Content {
  readonly path: string
  readonly bytes: number
  readonly files: number
  /** What it holds; the same for a copy. */
  readonly hash: string
}

/** Makes a file of so many bytes. */
export async function makeFile(path: string, bytes: number, random: Random): Promise<Content> {
  await writeFrom(path, bytes, random)
  return { path, bytes, files: 1, hash: await hashOf(path) }
}

/** Makes a folder of that many files, in folders of its own, some of them empty or named strangely. */
export async function makeFolder(
  path: string,
  files: number,
  bytes: number,
  random: Random,
): Promise<Content> {
  let left = bytes
  for (let n = 0; n < files; n++) {
    const folder = ['', 'letters', 'photos/summer', 'photos/élan vital', 'maps'][n % 5]!
    const share = n === files - 1 ? left : Math.floor((random.float() * 2 * left) / (files - n))
    const size = n === 3 ? 0 : Math.min(left, share)
    left -= size
    await writeFrom(join(path, folder, `${n} — “${n % 7}”.bin`), size, random)
  }
  return { path, bytes: bytes - left, files, hash: await hashOf(path) }
}

async function writeFrom(path: string, bytes: number, random: Random): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const stream = createCipheriv('aes-128-ctr', random.bytes(16), Buffer.alloc(16))
  const file = await open(path, 'w')
  try {
    for (let at = 0; at < bytes; at += PIECE) {
      await file.write(stream.update(Buffer.alloc(Math.min(PIECE, bytes - at))))
    }
  } finally {
    await file.close()
  }
}

/** The hash of a file, or of a folder's paths and hashes in order. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  if ((await stat(path)).isFile()) {
    const file = await open(path)
    for await (const piece of file.createReadStream()) hash.update(piece as Buffer)
    return hash.digest('hex')
  }
  for (const name of await filesBelow(path)) {
    hash.update(`${name}\0${await hashOf(join(path, name))}\n`)
  }
  return hash.digest('hex')
}

/** Paths of all files below a folder that may not exist, sorted. */
export async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort()
}

/** Bytes that a folder takes of the disk, as `du` counts them; 0 when it is not there. */
export async function diskBytes(dir: string): Promise<number> {
  const told = await admin('du', '-s', '--block-size=1', dir).catch(() => '0')
  return Number(told.split('\t')[0])
}
