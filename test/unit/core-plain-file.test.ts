import { expect, test } from '@jest/globals'
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPlainFile } from '../../core/mirror/archive/plain-file.ts'

test('a file that is taken away while it is looked at is none', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-plain-'))
  const path = join(dir, 'file')
  try {
    const seen = new Set<string | undefined>()
    for (let n = 0; n < 300; n++) {
      await writeFile(path, 'all of it')
      const [read] = await Promise.all([readPlainFile(path, 100), unlink(path)])
      seen.add(read?.toString())
    }
    for (const read of seen) expect([undefined, 'all of it']).toContain(read)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
