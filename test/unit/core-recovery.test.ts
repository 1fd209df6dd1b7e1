import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import Corestore from 'corestore'
import type Hypercore from 'hypercore'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import { DirtyMarker, lastEnd } from '../../core/durability/dirty-marker.ts'
import { asDiskError } from '../../core/durability/disk-error.ts'
import { reserve } from '../../core/durability/disk-guard.ts'
import type { JournalEntry } from '../../core/durability/journal.ts'
import { isSuspect, replayJournal } from '../../core/durability/recovery.ts'
import { PorchlightError } from '../../core/errors.ts'
import { silentLogger } from '../../core/logger.ts'

const pair = keyPairFromSeed(Buffer.alloc(32, 4))
const blocks = Array.from({ length: 9 }, (_, seq) => Buffer.from(`record ${seq}`))

let dir = ''
const stores: Corestore[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-recovery-'))
})

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  await rm(dir, { recursive: true, force: true })
})

async function storeWith(
  name: string,
  count: number,
): Promise<{ store: Corestore; core: Hypercore }> {
  const store = new Corestore(join(dir, name))
  stores.push(store)
  const core = store.get({ keyPair: pair })
  await core.ready()
  if (count > 0) await core.append(blocks.slice(0, count))
  return { store, core }
}

function journalOf(core: Hypercore, from: number, to = blocks.length): JournalEntry[] {
  return blocks
    .slice(from, to)
    .map((block, i) => ({ core: Buffer.from(core.key), seq: from + i, block }))
}

describe('replaying the journal', () => {
  test('the same bytes again make the same tree and the same signature', async () => {
    const whole = await storeWith('whole', 9)
    const torn = await storeWith('torn', 4)
    const own = new Map([[torn.core.key.toString('hex'), pair]])
    const entries = journalOf(torn.core, 2)
    const result = await replayJournal(torn.store, entries, own, silentLogger)
    expect([...result.values()]).toEqual([{ repaired: 5, gap: false }])
    expect(torn.core.length).toBe(9)
    expect(torn.core.core.state.signature).toEqual(whole.core.core.state.signature)
    for (const [seq, block] of blocks.entries()) expect(await torn.core.get(seq)).toEqual(block)
  })

  test('what the store still holds is left alone, whatever order the entries are in', async () => {
    const { store, core } = await storeWith('kept', 6)
    const own = new Map([[core.key.toString('hex'), pair]])
    const entries = [...journalOf(core, 3), ...journalOf(core, 0, 4)].reverse()
    const result = await replayJournal(store, entries, own, silentLogger)
    expect([...result.values()]).toEqual([{ repaired: 3, gap: false }])
    expect(core.length).toBe(9)
  })

  test('blocks that the journal lacks too are a gap, and nothing is appended behind it', async () => {
    const { store, core } = await storeWith('gap', 2)
    const own = new Map([[core.key.toString('hex'), pair]])
    const result = await replayJournal(store, journalOf(core, 5), own, silentLogger)
    expect([...result.values()]).toEqual([{ repaired: 0, gap: true }])
    expect(core.length).toBe(2)
  })

  test('of several entries with one sequence the last counts: the others were refused', async () => {
    const { store, core } = await storeWith('refused', 2)
    const own = new Map([[core.key.toString('hex'), pair]])
    const [refused, kept] = ['refused', 'kept'].map((text) => ({
      ...journalOf(core, 2, 3)[0]!,
      block: Buffer.from(text),
    }))
    await replayJournal(store, [refused!, kept!], own, silentLogger)
    expect(await core.get(2)).toEqual(Buffer.from('kept'))
  })

  test('entries of cores that are not ours are passed over', async () => {
    const { store, core } = await storeWith('others', 1)
    const result = await replayJournal(store, journalOf(core, 1), new Map(), silentLogger)
    expect(result.size).toBe(0)
    expect(core.length).toBe(1)
  })
})

describe('whether the end of a log may be lost', () => {
  const fine = { repaired: 0, gap: false }
  const whole = { journalIntact: true, journalTorn: false }
  const torn = { journalIntact: true, journalTorn: true }
  const damaged = { journalIntact: false, journalTorn: false }
  test.each([
    ['a clean end', fine, { last: 'clean', ...whole }, false],
    ['a clean end and a torn journal', fine, { last: 'clean', ...torn }, false],
    ['a gap, even after a clean end', { ...fine, gap: true }, { last: 'clean', ...whole }, true],
    ['a kill', fine, { last: 'killed', ...whole }, false],
    ['a kill in the middle of an entry', fine, { last: 'killed', ...torn }, false],
    ['a kill with a damaged journal', fine, { last: 'killed', ...damaged }, true],
    ['a power cut', fine, { last: 'power-cut', ...whole }, false],
    [
      'a power cut that the journal mended',
      { repaired: 3, gap: false },
      { last: 'power-cut', ...whole },
      false,
    ],
    ['a power cut in the middle of an entry', fine, { last: 'power-cut', ...torn }, true],
    ['a power cut with a damaged journal', fine, { last: 'power-cut', ...damaged }, true],
  ] as const)('after %s', (_, replayed, facts, suspect) => {
    expect(isSuspect(replayed, facts)).toBe(suspect)
  })
})

describe('how the last run ended', () => {
  test('is told by the marker and the boot it is from', () => {
    expect(lastEnd(null, 'boot')).toBe('clean')
    expect(lastEnd('boot', 'boot')).toBe('killed')
    expect(lastEnd('before', 'boot')).toBe('power-cut')
    // A system that does not tell boots apart: the worst is assumed.
    expect(lastEnd('', '')).toBe('power-cut')
  })

  test('is clean after `clear`, and not without it', async () => {
    const marker = new DirtyMarker(join(dir, 'running'))
    expect(await marker.read()).toBe('clean')
    await marker.set()
    expect(await marker.read()).not.toBe('clean')
    await marker.clear()
    expect(await marker.read()).toBe('clean')
  })
})

describe('a full disk', () => {
  test('leaves 16 MB free, and a fifth of a small disk', () => {
    const MB = 1024 * 1024
    expect(reserve(500_000 * MB, 0)).toBe(16 * MB)
    expect(reserve(12 * MB, 0)).toBe(2.4 * MB)
    // And what emptying the store's own log will take.
    expect(reserve(12 * MB, 3 * MB)).toBe(5.4 * MB)
  })

  test('is told from other errors, in words', () => {
    const error = (code: string): Error => Object.assign(new Error(code), { code })
    expect(asDiskError(error('ENOSPC')).code).toBe('DISK_FULL')
    expect(asDiskError(error('EDQUOT')).code).toBe('DISK_FULL')
    expect(asDiskError(new Error('IO error: No space left on device')).code).toBe('DISK_FULL')
    expect(asDiskError(error('EROFS')).code).toBe('DAMAGED')
    expect(asDiskError(error('EBADF')).code).toBe('INTERNAL')
    expect(asDiskError('what').code).toBe('INTERNAL')
    const own = new PorchlightError('WAITING', 'soon')
    expect(asDiskError(own)).toBe(own)
  })
})
