import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Makes what the store has written durable: fdatasync of each of its write-ahead logs (RocksDB `*.log`). */
export async function syncStore(dir: string): Promise<void> {
  const files = await readdir(dir, { recursive: true }).catch(() => [])
  for (const name of files.filter((file) => file.endsWith('.log'))) {
    // A log that was just retired is in a synced table by now.
    const file = await open(join(dir, name), 'r').catch(() => null)
    try {
      await file?.datasync()
    } finally {
      await file?.close()
    }
  }
}
