import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJournal, Journal } from '../../core/durability/journal.ts'
import type { JournalEntry } from '../../core/durability/journal.ts'

let dir = ''
let synced = 0

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-journal-'))
  synced = 0
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

function entry(seq: number, block = Buffer.from(`block ${seq}`)): JournalEntry {
  return { core: Buffer.alloc(32, seq & 0xff), seq, block }
}

async function opened(expected = false): Promise<Awaited<ReturnType<typeof Journal.open>>> {
  return Journal.open(dir, {
    expected,
    syncStore: async () => {
      synced++
    },
  })
}

/** The bytes of a journal with these entries. */
async function written(entries: readonly JournalEntry[]): Promise<Buffer> {
  const { journal } = await opened()
  await journal.append(entries)
  await journal.close()
  return readFile(join(dir, 'journal'))
}

describe('the journal', () => {
  test('gives back what was appended, in order, after a restart', async () => {
    const entries = [
      entry(0),
      entry(2 ** 40),
      entry(7, Buffer.alloc(0)),
      entry(8, Buffer.alloc(70_000, 5)),
    ]
    await written(entries)
    const { journal, entries: read, intact } = await opened(true)
    expect(read).toEqual(entries)
    expect(intact).toBe(true)
    await journal.append([entry(9)])
    await journal.close()
    const again = await opened(true)
    expect(again.entries).toEqual([...entries, entry(9)])
    await again.journal.close()
  })

  test('what is appended at once is written in few syncs, all of it', async () => {
    const { journal } = await opened()
    await Promise.all(Array.from({ length: 500 }, (_, seq) => journal.append([entry(seq)])))
    const { entries } = decodeJournal(await readFile(join(dir, 'journal')))
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 500 }, (_, seq) => seq))
    await journal.close()
  })

  test('a promise that resolved is on the disk, though the journal is never closed', async () => {
    const { journal } = await opened()
    await journal.append([entry(1)])
    expect(decodeJournal(await readFile(join(dir, 'journal'))).entries).toEqual([entry(1)])
    await journal.close()
  })

  test('a torn last entry is dropped wherever it was cut, and the next one is readable', async () => {
    const whole = await written([entry(0), entry(1)])
    const first = (whole.byteLength / 2) | 0
    for (let size = first; size < whole.byteLength; size += 7) {
      await writeFile(join(dir, 'journal'), whole.subarray(0, size))
      const { journal, entries, intact, torn } = await opened(true)
      expect({ entries, intact }).toEqual({ entries: [entry(0)], intact: true })
      expect(torn).toBe(size > first)
      await journal.append([entry(5)])
      await journal.close()
      const after = decodeJournal(await readFile(join(dir, 'journal')))
      expect(after.entries).toEqual([entry(0), entry(5)])
    }
  })

  test('a flipped bit before the end is told', async () => {
    const data = await written([entry(0), entry(1), entry(2)])
    const third = Math.floor((data.byteLength * 2) / 3)
    fc.assert(
      fc.property(fc.nat(third * 8 - 1), (bit) => {
        const damaged = Buffer.from(data)
        damaged[bit >> 3]! ^= 1 << (bit & 7)
        const { entries, intact } = decodeJournal(damaged)
        expect(intact).toBe(false)
        // What it does read is what was written.
        expect(entries).toEqual([entry(0), entry(1), entry(2)].slice(0, entries.length))
      }),
    )
  })

  test('zeros at the end, as a file system leaves them after a power cut, are a torn tail', async () => {
    const data = await written([entry(0), entry(1)])
    const zeros = Buffer.concat([data, Buffer.alloc(5_000)])
    expect(decodeJournal(zeros)).toEqual({
      torn: true,
      entries: [entry(0), entry(1)],
      size: data.byteLength,
      intact: true,
    })
  })

  test('a journal that is gone though there was one is told', async () => {
    const first = await opened(false)
    expect(first.intact).toBe(true)
    await first.journal.close()
    await rm(join(dir, 'journal'))
    const second = await opened(true)
    expect(second.intact).toBe(false)
    await second.journal.close()
  })

  test('a full generation goes only after the store is synced, and the one before is still read', async () => {
    const { journal } = await opened()
    const block = Buffer.alloc(500_000, 1)
    for (let seq = 0; seq < 20; seq++) {
      await journal.append([entry(seq, block)])
    }
    await journal.close()
    // 10 MB through generations of 4 MiB.
    expect(synced).toBe(2)
    expect((await stat(join(dir, 'journal'))).size).toBeLessThanOrEqual(4 * 1024 * 1024)
    const { journal: again, entries, intact } = await opened(true)
    await again.close()
    expect(intact).toBe(true)
    const read = entries.map(({ seq }) => seq)
    expect(read).toEqual(Array.from({ length: read.length }, (_, i) => 20 - read.length + i))
    expect(read.length).toBeGreaterThanOrEqual(8)
  })

  test('a store that can not be synced keeps its generation, and the caller hears of it', async () => {
    const { journal } = await Journal.open(dir, {
      expected: false,
      syncStore: () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })),
    })
    const block = Buffer.alloc(1_000_000, 1)
    for (let seq = 0; seq < 4; seq++) await journal.append([entry(seq, block)])
    await expect(journal.append([entry(4, block)])).rejects.toMatchObject({ code: 'DISK_FULL' })
    await journal.close()
    expect(decodeJournal(await readFile(join(dir, 'journal'))).entries).toHaveLength(4)
  })

  test('what was taken back is in no later start, and what stands around it is', async () => {
    const { journal } = await opened()
    await journal.append([entry(1)])
    const receipt = await journal.append([entry(2), entry(3)])
    await journal.append([entry(4)])
    await journal.retract(receipt)
    await journal.append([entry(5)])
    await journal.close()
    const again = await opened(true)
    await again.journal.close()
    const kept = again.entries.filter(({ core }) => core.some((byte) => byte !== 0))
    expect(kept).toEqual([entry(1), entry(4), entry(5)])
    expect([again.intact, again.torn]).toEqual([true, false])
  })

  test('refuses once closed', async () => {
    const { journal } = await opened()
    const last = journal.append([entry(1)])
    await journal.close()
    await last
    await expect(journal.append([entry(2)])).rejects.toMatchObject({ code: 'CLOSED' })
    expect(decodeJournal(await readFile(join(dir, 'journal'))).entries).toEqual([entry(1)])
  })
})
