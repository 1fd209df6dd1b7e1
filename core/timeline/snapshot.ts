/**
 * A timeline's snapshot on disk, so that a start need not read every record again. It can be thrown away: a
 * missing, old or damaged one is rebuilt from the logs.
 *
 * Sealed: JSON header line | Uint32 times and Uint8 kinds of each log in the header's order | parts.
 */
import { open, readFile, rename } from 'node:fs/promises'
import type { Envelope } from '../crypto/envelope.ts'

const VERSION = 2

/** What a timeline knows of one log. */
export interface SavedLog {
  readonly key: Buffer
  readonly lamports: Uint32Array
  readonly kinds: Uint8Array
}

/** A timeline, and what was learned from its records. */
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
export async function saveSnapshot(
  path: string,
  snapshot: Snapshot,
  envelope: Envelope,
): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(envelope.seal(encodeSnapshot(snapshot)))
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

/** The snapshot at `path`, or null when there is none that can be used. */
export async function loadSnapshot(path: string, envelope: Envelope): Promise<Snapshot | null> {
  const sealed = await readFile(path).catch(() => null)
  const plain = sealed && envelope.open(sealed)
  return plain && decodeSnapshot(plain)
}

/** The bytes of a snapshot, not sealed yet. */
export function encodeSnapshot(snapshot: Snapshot): Buffer {
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
  return Buffer.concat(parts)
}

/** Null for anything that `encodeSnapshot` did not make. */
export function decodeSnapshot(data: Buffer): Snapshot | null {
  try {
    return decoded(data)
  } catch {
    return null
  }
}

function decoded(data: Buffer): Snapshot | null {
  const newline = data.indexOf(10)
  const header = JSON.parse(data.subarray(0, newline).toString()) as Header
  if (header.version !== VERSION) return null
  let at = newline + 1
  const take = (size: number): Buffer => {
    if (!Number.isSafeInteger(size) || size < 0 || size > data.byteLength - at) {
      throw new RangeError('a length that is not there')
    }
    return data.subarray(at, (at += size))
  }
  const logs = header.logs.map(({ key, length }) => {
    // Copied: a Uint32Array must start on a multiple of four.
    const lamports = new Uint32Array(new Uint8Array(take(4 * length)).buffer)
    return { key: Buffer.from(key, 'hex'), lamports, kinds: new Uint8Array(take(length)) }
  })
  const parts = header.parts.map(({ name, size }) => [name, Buffer.from(take(size))] as const)
  return at === data.byteLength ? { logs, parts: Object.fromEntries(parts) } : null
}
