import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Envelope } from '../../crypto/envelope.ts'
import { itemsDir } from './item-files.ts'
import { decodeRecord } from './item-record.ts'
import type { ItemRecord } from './item-record.ts'

/** A record as it is stored; null when it can not be read: `code` says why, when that comes of the disk. */
export async function readRecord(
  { dir, envelope }: { readonly dir: string; readonly envelope: Envelope },
  rootHex: string,
): Promise<{ record: ItemRecord | null; code?: string }> {
  let stored: Buffer
  try {
    stored = await readFile(join(itemsDir(dir), `${rootHex}.item`))
  } catch (error) {
    return { record: null, code: (error as NodeJS.ErrnoException).code ?? 'unknown' }
  }
  const opened = envelope.open(stored)
  const record = opened && decodeRecord(opened)
  return { record: record?.root.toString('hex') === rootHex ? record : null }
}
