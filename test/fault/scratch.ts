import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endAll } from './node-process.ts'

/** Runs a test in a directory of its own; no node and no file outlives it. `after` runs between the two. */
export async function inScratch(
  body: (dir: string) => Promise<void>,
  after: () => Promise<void> = async () => {},
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-fault-'))
  try {
    await body(dir)
  } finally {
    await endAll()
    await after()
    await rm(dir, { recursive: true, force: true })
  }
}
