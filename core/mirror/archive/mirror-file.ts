import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { bounded, bytes, encode, fixed, list, struct, tryDecode } from '../../codec/codec.ts'
import type { Codec } from '../../codec/codec.ts'
import { equal, hash } from '../../crypto/hash.ts'
import { syncDirectory, writePrivateFile } from '../../durability/private-file.ts'
import { HASH, MAX_CHUNK, MAX_ITEM } from '../../files/descriptor.ts'
import { readPlainFile, isPlainFile } from './plain-file.ts'
import { MAX_NOTES } from '../copy.ts'
import type { ItemName } from '../copy.ts'

/** `mirror`: of a depositor who asked for it. `carry`: of strangers, some of it, for a while. */
export type MirrorKind = 'mirror' | 'carry'

/** Most bytes that a holder keeps of its own about a mirror. */
export const MAX_ABOUT = 256 * 1024
/** Most bytes of a statement. */
export const MAX_NOTE = 2048
/** Items of one mirror. */
export const MAX_ITEMS = 8192

const FILE = 'mirror.bin'
const WITHDRAWN = 'withdrawn'
const MAX_FILE = 2 * 1024 * 1024
const MAGIC = Buffer.from('PLM1')
const SUM = 16
const KINDS: readonly MirrorKind[] = ['mirror', 'carry']

/** What is kept of a mirror beside its logs. */
export interface MirrorFacts {
  readonly kind: MirrorKind
  /** The holder's own: who deposited, until when. */
  readonly about: Buffer
  readonly notes: readonly Buffer[]
  readonly items: readonly ItemName[]
}

const facts: Codec<{ kind: number; about: Buffer; notes: Buffer[]; items: ItemName[] }> = struct({
  kind: bounded(KINDS.length - 1),
  about: bytes(MAX_ABOUT),
  notes: list(bytes(MAX_NOTE), MAX_NOTES),
  items: list(
    struct<ItemName>({ root: fixed(HASH), size: bounded(MAX_ITEM), chunk: bounded(MAX_CHUNK) }),
    MAX_ITEMS,
  ),
})

/** The bytes of a mirror's file. */
export function encodeFacts({ kind, about, notes, items }: MirrorFacts): Buffer {
  const body = encode(facts, {
    kind: KINDS.indexOf(kind),
    about,
    notes: [...notes],
    items: [...items],
  })
  return Buffer.concat([MAGIC, hash([body], { size: SUM }), body])
}

/** What the bytes of a mirror's file say; null when they are damaged. */
export function decodeFacts(stored: Buffer): MirrorFacts | null {
  const body = stored.subarray(MAGIC.byteLength + SUM)
  if (!stored.subarray(0, MAGIC.byteLength).equals(MAGIC)) return null
  const sum = stored.subarray(MAGIC.byteLength, MAGIC.byteLength + SUM)
  if (!equal(hash([body], { size: SUM }), sum)) return null
  const value = tryDecode(facts, body)
  return value && { ...value, kind: KINDS[value.kind]! }
}

/** What a mirror's file says; null when there is none, or it is damaged. Errors: those of the file system. */
export async function readFacts(dir: string): Promise<MirrorFacts | null> {
  const path = join(dir, FILE)
  // On media that were pulled out in the middle of a rename only the new one may be left; the one before is for damage.
  for (const each of [path, `${path}.new`, `${path}.old`]) {
    const stored = await readPlainFile(each, MAX_FILE)
    const value = stored && decodeFacts(stored)
    if (value) return value
  }
  return null
}

/** Writes it, and keeps what was there as the second copy; durable when it resolves. */
export async function writeFacts(dir: string, value: MirrorFacts): Promise<void> {
  const path = join(dir, FILE)
  await isPlainFile(`${path}.new`)
  const stored = await readPlainFile(path, MAX_FILE)
  if (stored && decodeFacts(stored)) await rename(path, `${path}.old`)
  await writePrivateFile(path, encodeFacts(value))
}

/** Marks a mirror as one whose files go: whatever of them is found again goes too. Takes no space, which there may not be. */
export async function withdraw(dir: string): Promise<void> {
  const path = join(dir, FILE)
  // Links are removed, not marked.
  await isPlainFile(join(dir, WITHDRAWN))
  for (const name of ['.old', '.new', '']) {
    if (await isPlainFile(`${path}${name}`)) await rename(`${path}${name}`, join(dir, WITHDRAWN))
  }
  await syncDirectory(dir)
}

/** True when its removal was cut off. */
export function isWithdrawn(dir: string): Promise<boolean> {
  return isPlainFile(join(dir, WITHDRAWN))
}
