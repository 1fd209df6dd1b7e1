import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash } from '../../core/crypto/hash.ts'
import { decodeSnapshot, loadSnapshot, saveSnapshot } from '../../core/timeline/snapshot.ts'
import type { Snapshot } from '../../core/timeline/snapshot.ts'

const snapshot: Snapshot = {
  logs: [
    {
      key: Buffer.alloc(32, 1),
      lamports: Uint32Array.from([1, 5, 4_000_000_000]),
      kinds: Uint8Array.from([1, 0, 2]),
    },
    { key: Buffer.alloc(32, 2), lamports: new Uint32Array(0), kinds: new Uint8Array(0) },
    { key: Buffer.alloc(32, 3), lamports: Uint32Array.from([9]), kinds: Uint8Array.from([1]) },
  ],
  parts: { held: Buffer.from('who has what'), words: Buffer.alloc(0) },
}

let path = ''

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'porchlight-snapshot-')), 'room')
})

afterEach(async () => {
  await rm(join(path, '..'), { recursive: true, force: true })
})

describe('a snapshot', () => {
  test('is read as it was written', async () => {
    await saveSnapshot(path, snapshot)
    expect(await loadSnapshot(path)).toEqual(snapshot)
    await saveSnapshot(path, { logs: [], parts: {} })
    expect(await loadSnapshot(path)).toEqual({ logs: [], parts: {} })
  })

  test('none, a truncated or an altered one is null', async () => {
    expect(await loadSnapshot(path)).toBeNull()
    await saveSnapshot(path, snapshot)
    const whole = await readFile(path)
    for (let size = 0; size < whole.byteLength; size++) {
      await writeFile(path, whole.subarray(0, size))
      expect(await loadSnapshot(path)).toBeNull()
    }
    fc.assert(
      fc.property(fc.nat(whole.byteLength * 8 - 1), (bit) => {
        const altered = Buffer.from(whole)
        altered[bit >> 3]! ^= 1 << (bit & 7)
        expect(decodeSnapshot(altered)).toBeNull()
      }),
      { numRuns: 500 },
    )
  })

  test('of another version is null', () => {
    const content = Buffer.from('{"version":99,"logs":[],"held":{}}\n')
    expect(decodeSnapshot(Buffer.concat([content, hash([content])]))).toBeNull()
  })
})
