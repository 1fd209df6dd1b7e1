import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Bitfield } from '../../core/files/bitfield.ts'
import { MIN_CHUNK, SEAL } from '../../core/files/descriptor.ts'
import { hashChunk, manifestRoot, openChunk, sealChunk } from '../../core/files/sealing.ts'
import { decodeContents, encodeContents } from '../../core/files/store/contents.ts'
import { Layout } from '../../core/files/store/layout.ts'
import { ProgressLog } from '../../core/files/store/progress-log.ts'
import { BufferPool } from '../../core/files/work/buffer-pool.ts'
import { StoreBench } from './core-files-store.ts'

const key = Buffer.alloc(32, 5)

function sealed(plain: Buffer, index: number): Buffer {
  const out = Buffer.alloc(plain.byteLength + SEAL)
  sealChunk(out, plain, index, key)
  return out
}

test('a chunk opens at its index under its key, and nowhere else', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 500 }),
      fc.nat(65_535),
      fc.nat(),
      (bytes, index, flip) => {
        const plain = Buffer.from(bytes)
        const chunk = sealed(plain, index)
        expect(openChunk(Buffer.from(chunk), index, key)!.equals(plain)).toBe(true)
        expect(openChunk(Buffer.from(chunk), index + 1, key)).toBeNull()
        expect(openChunk(Buffer.from(chunk), index, Buffer.alloc(32, 6))).toBeNull()
        const altered = Buffer.from(chunk)
        altered[flip % altered.byteLength]! ^= 1
        expect(openChunk(altered, index, key)).toBeNull()
        // In place is the same.
        const whole = Buffer.concat([plain, Buffer.alloc(SEAL)])
        sealChunk(whole, whole.subarray(0, plain.byteLength), index, key)
        expect(whole.equals(chunk)).toBe(true)
      },
    ),
  )
  expect(openChunk(Buffer.alloc(SEAL), 0, key)).toBeNull()
})

test('sealing, chunk hashes and roots stay as they are', () => {
  const chunk = sealed(Buffer.from('porchlight'), 3)
  expect(chunk.toString('hex')).toBe('e86b37df87a7856b556ce6a2b814e3019a7f3837879ee874d40e')
  const manifest = hashChunk(chunk)
  expect(manifestRoot({ size: 10, chunk: MIN_CHUNK }, manifest).toString('hex')).toBe(
    'dd4c79e19f91942b3d54d3c794cbb13a3ee2e0e09127ac3ef17858894bfb0609',
  )
  const other = manifestRoot({ size: 11, chunk: MIN_CHUNK }, manifest)
  expect(other.equals(manifestRoot({ size: 10, chunk: MIN_CHUNK }, manifest))).toBe(false)
})

test('a layout says of each byte where it stands', () => {
  const sizes = fc.array(fc.nat(9), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(sizes, fc.nat(20), fc.nat(), fc.nat(), (files, contents, a, b) => {
      const entries = files.map((size, n) => ({ path: `p${n}`, local: `l${n}`, size }))
      const at = { bytes: Buffer.alloc(contents, 255) }
      const layout = new Layout(entries, contents > 0 ? { length: contents, at } : null)
      const stream = [
        ...Array.from({ length: contents }, () => '255'),
        ...files.flatMap((size, n) => Array.from({ length: size }, (_, i) => `/base/l${n}:${i}`)),
      ]
      expect(layout.size).toBe(stream.length)
      const start = a % (stream.length + 1)
      const end = start + (b % (stream.length - start + 1))
      const found = layout
        .pieces('/base', start, end)
        .flatMap((piece) =>
          'bytes' in piece
            ? [...piece.bytes].map(String)
            : Array.from({ length: piece.length }, (_, i) => `${piece.path}:${piece.at + i}`),
        )
      expect(found).toEqual(stream.slice(start, end))
      for (const [n, { path, size }] of entries.entries()) {
        const { from, to } = layout.stretch(path, 0, size)
        expect(to - from).toBe(size)
        expect(stream.slice(from, to)).toEqual(
          Array.from({ length: size }, (_, i) => `/base/l${n}:${i}`),
        )
      }
    }),
  )
})

test('a table of more directories than files may be is refused before any is made', () => {
  const deep = (n: number): string => `${n}/${'a/'.repeat(60)}f`
  const files = Array.from({ length: 2_000 }, (_, n) => ({ path: deep(n), size: 1 }))
  expect(decodeContents(encodeContents(files), 2_000)).toBeNull()
  expect(decodeContents(encodeContents(files.slice(0, 1_000)), 1_000)).toHaveLength(1_000)
  expect(decodeContents(encodeContents(files.slice(0, 1_000)), 999)).toBeNull()
  expect(decodeContents(encodeContents([]), 0)).toBeNull()
})

test('progress outlives its process: what is synced, and what was written since', async () => {
  const bench = await StoreBench.open()
  const path = bench.dir('progress')
  const log = new ProgressLog(path, 100)
  expect(await log.load()).toBeNull()
  for (const index of [3, 4, 5]) log.note(index)
  await log.close()
  expect(await new ProgressLog(path, 100).load()).toMatchObject({ written: [3, 4, 5] })
  const synced = new Bitfield(100)
  for (const index of [3, 4, 5]) synced.set(index)
  const { mark } = log
  log.note(6)
  await log.checkpoint(synced, mark)
  log.note(7)
  await log.close()
  const { synced: trusted, written } = (await new ProgressLog(path, 100).load())!
  expect(trusted.bytes().equals(synced.bytes())).toBe(true)
  expect(written).toEqual([6, 7])
  expect(await new ProgressLog(path, 101).load()).toBeNull()
  await log.remove()
  expect(await new ProgressLog(path, 100).load()).toBeNull()
  await bench.close()
})

test('buffers are used again, up to so many bytes', () => {
  const pool = new BufferPool(200_000)
  const first = pool.take(MIN_CHUNK + SEAL)
  const memory = first.buffer
  expect(first.byteLength).toBe(MIN_CHUNK + SEAL)
  pool.give(first)
  const second = pool.take(MIN_CHUNK)
  expect(second.buffer).toBe(memory)
  const more = [1, 2, 3, 4].map(() => pool.take(MIN_CHUNK))
  for (const buffer of [second, ...more]) pool.give(buffer)
  const kept = [1, 2, 3, 4, 5].map(() => pool.take(MIN_CHUNK).buffer)
  const known = new Set([second, ...more].map(({ buffer }) => buffer))
  expect(kept.filter((buffer) => known.has(buffer))).toHaveLength(2)
  // What others made is not of a size that is asked for.
  pool.give(Buffer.from('small'))
  expect(pool.take(5).buffer.byteLength).toBeGreaterThan(5)
})
