import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SEAL } from '../../core/files/descriptor.ts'
import { hashChunk, sealChunk } from '../../core/files/sealing.ts'
import { SealTags } from '../../core/files/store/seal-tags.ts'
import { readChunk } from '../../core/files/work/chunk-jobs.ts'
import type { ChunkJob } from '../../core/files/work/chunk-work.ts'

const LENGTH = 5_000
const key = Buffer.alloc(32, 7)
const wrong = Buffer.alloc(32, 9)

let directory: string
let path: string
let plain: Buffer
let sealed: Buffer

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'porchlight-jobs-'))
  path = join(directory, 'file')
  plain = randomBytes(LENGTH)
  await writeFile(path, plain)
  sealed = Buffer.alloc(LENGTH + SEAL)
  sealChunk(sealed, plain, 3, key)
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

function job(change: Partial<ChunkJob>): ChunkJob {
  const pieces = [{ path, at: 0, length: LENGTH }]
  return { pieces, key, index: 3, length: LENGTH + SEAL, hash: hashChunk(sealed), ...change }
}

describe('a chunk that is given out', () => {
  test('has a SHA-256', () => {
    expect(hashChunk(sealed)).toEqual(createHash('sha256').update(sealed).digest())
  })

  test('is known by its hash, and once that was right by its tag, without another hash', () => {
    const tag = sealed.subarray(LENGTH)
    const out = Buffer.alloc(LENGTH + SEAL)
    expect(readChunk(job({}), out)).toBe('ok')
    expect(readChunk(job({ hash: wrong }), out)).toBe('mismatch')
    expect(readChunk(job({ hash: wrong, tag }), out)).toBe('ok')
    expect(out).toEqual(sealed)
  })

  test('is refused by its tag when a byte of its file changed', async () => {
    const tag = sealed.subarray(LENGTH)
    plain[1234]! ^= 1
    await writeFile(path, plain)
    expect(readChunk(job({ tag }), Buffer.alloc(LENGTH + SEAL))).toBe('mismatch')
  })

  test('is hashed whenever it lies sealed on the disk, where its tag may have been altered with it', async () => {
    await writeFile(path, sealed)
    const pieces = [{ path, at: 0, length: LENGTH + SEAL }]
    const held = { pieces, key: null, tag: sealed.subarray(LENGTH) }
    expect(readChunk(job(held), Buffer.alloc(LENGTH + SEAL))).toBe('ok')
    sealed[10]! ^= 1
    await writeFile(path, sealed)
    const hash = hashChunk(Buffer.concat([plain]))
    expect(readChunk(job({ ...held, hash }), Buffer.alloc(LENGTH + SEAL))).toBe('mismatch')
  })

  test('tags are noted one by one', () => {
    const tags = new SealTags(5)
    expect(tags.of(3)).toBeNull()
    tags.note(3, sealed)
    expect(tags.of(3)).toEqual(sealed.subarray(LENGTH))
    expect(tags.of(2)).toBeNull()
    expect(tags.of(5)).toBeNull()
  })
})
