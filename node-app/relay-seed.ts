import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../core/random.ts'
import { ensureDataDir } from './data-dir.ts'
import { writePrivate } from './write-private.ts'

/** Holds what this device's relay is known by; it opens nothing that anybody wrote. */
export const RELAY_SEED_FILE = 'relay-seed'

const BYTES = 32

/** The seed of the relay's key, made at the first start: rooms remember a relay by it, so it has to stay the same. */
export async function relaySeed(dir: string, random: Random): Promise<Buffer> {
  const path = join(dir, RELAY_SEED_FILE)
  const text = await readFile(path, 'utf8').catch(() => '')
  if (/^[0-9a-f]{64}\n$/.test(text)) return Buffer.from(text.trim(), 'hex')
  const seed = random.bytes(BYTES)
  await ensureDataDir(dir)
  await writePrivate(path, `${seed.toString('hex')}\n`)
  return seed
}
