/**
 * A timeline's snapshot on disk, so that a start need not read every record again. It can be thrown away: a
 * missing, old or damaged one is rebuilt from the logs.
 *
 * File: JSON header line | Uint32 times and Uint8 kinds of each log in the header's order | parts | BLAKE2b of it all.
 */
import { open, readFile, rename } from 'node:fs/promises'
import { equal, hash } from '../crypto/hash.ts'

const VERSION = 2
const DIGEST = 32

export interface SavedLog {
  readonly key: Buffer
  readonly lamports: Uint32Array
  readonly kinds: Uint8Array
}

export interface Snapshot {
  readonly logs: readonly SavedLog[]
  /** What was learned from the same records, by the name of who learned it. */
  readonly parts: Readonly<Record<string, Buffer>>
}

interface Header {
  version: number
  logs: { key: string; length: number }[]
  parts: { name: string; size: number }[]
}

/** Writes the snapshot beside `path` and renames it into place. */
export async function saveSnapshot(path: string, snapshot: Snapshot): Promise<void> {
  const header: Header = {
    version: VERSION,
    logs: snapshot.logs.map((log) => ({
      key: log.key.toString('hex'),
      length: log.lamports.length,
    })),
    parts: Object.entries(snapshot.parts).map(([name, part]) => ({ name, size: part.byteLength })),
  }
  const parts: Uint8Array[] = [Buffer.from(JSON.stringify(header) + '\n')]
  for (const { lamports, kinds } of snapshot.logs) {
    parts.push(new Uint8Array(lamports.buffer, lamports.byteOffset, lamports.byteLength), kinds)
  }
  parts.push(...Object.values(snapshot.parts))
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    for (const part of [...parts, hash(parts)]) await file.writeFile(part)
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

/** The snapshot at `path`, or null when there is none that can be used. */
export async function loadSnapshot(path: string): Promise<Snapshot | null> {
  try {
    return decodeSnapshot(await readFile(path))
  } catch {
    return null
  }
}

/** Null for anything that `saveSnapshot` did not write. */
export function decodeSnapshot(data: Buffer): Snapshot | null {
  const content = data.subarray(0, -DIGEST)
  if (data.byteLength < DIGEST || !equal(hash([content]), data.subarray(-DIGEST))) return null
  const newline = content.indexOf(10)
  const header = JSON.parse(content.subarray(0, newline).toString()) as Header
  if (header.version !== VERSION) return null
  let at = newline + 1
  const logs = header.logs.map(({ key, length }) => {
    // Copied: a Uint32Array must start on a multiple of four.
    const lamports = new Uint32Array(
      new Uint8Array(content.subarray(at, (at += 4 * length))).buffer,
    )
    const kinds = new Uint8Array(content.subarray(at, (at += length)))
    return { key: Buffer.from(key, 'hex'), lamports, kinds }
  })
  const parts = header.parts.map(
    ({ name, size }) => [name, Buffer.from(content.subarray(at, (at += size)))] as const,
  )
  return { logs, parts: Object.fromEntries(parts) }
}
