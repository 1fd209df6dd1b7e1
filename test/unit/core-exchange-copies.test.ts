import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { diskFull } from '../../core/durability/disk-error.ts'
import { silentLogger } from '../../core/logger.ts'
import { Archive } from '../../core/mirror/archive/archive.ts'
import type { ArchiveMirror } from '../../core/mirror/archive/archive-mirror.ts'
import type { Copy } from '../../core/mirror/copy.ts'
import { exchangeCopies } from '../../core/mirror/exchange-copies.ts'
import { SignedLogs } from './core-signed-logs.ts'
import type { SignedLog } from './core-signed-logs.ts'

const ID = 'ab'.repeat(32)

let base: string
let logs: SignedLogs
let log: SignedLog
let other: SignedLog
let closing: Archive[]
let free: number

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'porchlight-exchange-'))
  logs = await SignedLogs.open()
  log = await logs.author('author', 100, 200, 300, 400, 500, 600)
  other = await logs.author('other', 10_000)
  closing = []
  free = 1e9
})

afterEach(async () => {
  for (const archive of closing) await archive.close()
  await logs.close()
  await rm(base, { recursive: true, force: true })
})

async function mirror(name: string): Promise<ArchiveMirror> {
  const space = async (bytes: number): Promise<() => void> => {
    if (bytes > free) throw diskFull()
    return () => {}
  }
  const archive = await Archive.open(join(base, name), { logger: silentLogger, space })
  closing.push(archive)
  return archive.create(ID, 'mirror')
}

describe('two copies', () => {
  test('give each other what they have, statements too, and say how much that was', async () => {
    const [a, b] = [await mirror('a'), await mirror('b')]
    await a.store(log.range(0, 2))
    await a.store(log.range(4, 6))
    await b.store(log.range(1, 5))
    await b.store(other.range(0))
    await b.note([Buffer.from('let me in')])
    const told: string[] = []
    const { toA, toB, full } = await exchangeCopies(a, b, {
      onmoved: (to, records, bytes) => told.push(`${to} ${records} ${bytes}`),
    })
    expect(full).toEqual({ a: false, b: false })
    expect(toA.records).toBeGreaterThanOrEqual(3)
    expect(toB.records).toBeGreaterThanOrEqual(2)
    expect(told).toHaveLength(3)
    for (const each of [a, b]) {
      expect(await each.read(log.key, 0, 1e6)).toEqual(log.range(0))
      expect(await each.read(other.key, 0, 1e6)).toEqual(other.range(0))
      expect((await each.notes()).map(String)).toEqual(['let me in'])
    }
    expect((await exchangeCopies(a, b)).toA.records).toBe(0)
  })

  test('stop when they are told to, and keep what came before', async () => {
    const [a, b] = [await mirror('a'), await mirror('b')]
    await a.store(log.range(0))
    await a.store(other.range(0))
    const stop = new AbortController()
    const exchange = exchangeCopies(a, b, {
      signal: stop.signal,
      onmoved: () => stop.abort(new Error('enough')),
    })
    await expect(exchange).rejects.toThrow('enough')
    expect(await b.heads()).toHaveLength(1)
  })

  test('a side without space takes no more, and the other still gets all', async () => {
    const [a, b] = [await mirror('a'), await mirror('b')]
    await a.store(other.range(0))
    await b.store(log.range(0))
    free = 9_000
    const { full } = await exchangeCopies(a, b)
    expect(full).toEqual({ a: false, b: true })
    expect(await a.read(log.key, 0, 1e6)).toEqual(log.range(0))
    expect(await b.read(other.key, 0, 1e6)).toBeNull()
  })

  test('A19: one that promises and gives nothing, or the same again, does not hold the other up', async () => {
    const [a, b] = [await mirror('a'), await mirror('b')]
    await a.store(log.range(0, 2))
    await b.store(other.range(0))
    const spans = [{ from: 0, to: 1_000_000 }]
    const lying = (read: Copy['read']): Copy => ({
      id: ID,
      heads: async () => [{ ...log.range(0), spans }, ...(await b.heads())],
      read,
      wants: (head) => b.wants(head),
      store: (range) => b.store(range),
      notes: () => b.notes(),
      note: (statements) => b.note(statements),
      items: () => b.items(),
      watch: () => () => {},
    })
    const real = (key: Buffer, from: number, max: number): ReturnType<Copy['read']> =>
      key.equals(other.key) ? b.read(key, from, max) : Promise.resolve(null)
    await exchangeCopies(a, lying(real))
    expect(await a.read(other.key, 0, 1e6)).toEqual(other.range(0))
    // Always the beginning, whatever was asked for.
    const replayed = await exchangeCopies(
      a,
      lying(async () => log.range(0, 2)),
    )
    expect(replayed.toA.records).toBe(0)
    expect(await a.read(log.key, 0, 1e6)).toEqual(log.range(0, 2))
  })
})
