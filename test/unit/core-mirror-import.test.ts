import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type Hypercore from 'hypercore'
import { logManifest } from '../../core/control/statement.ts'
import { importRange, rootsAt, spansOf } from '../../core/mirror/import-range.ts'
import { pairOf } from './core-people.ts'
import { SignedLog, SignedLogs } from './core-signed-logs.ts'

const LENGTH = 90

let logs: SignedLogs
let log: SignedLog

beforeAll(async () => {
  logs = await SignedLogs.open()
  log = await logs.author('author', ...Array.from({ length: LENGTH }, (_, i) => (i * 37) % 301))
})

afterAll(() => logs.close())

/** An empty copy, opened by its key alone: as control logs are. */
async function copy(): Promise<Hypercore> {
  const core = logs.store().get({ key: log.key, active: false })
  await core.ready()
  return core
}

async function expectBlocks(core: Hypercore): Promise<void> {
  for (const { from, to } of spansOf(core)) {
    for (let seq = from; seq < to; seq++) {
      expect((await core.get(seq, { wait: false }))!.equals(log.blocks[seq]!)).toBe(true)
    }
  }
}

describe('a range taken into a log', () => {
  test('goes on where the log ends, whatever of it is known', async () => {
    const core = await copy()
    expect(await importRange(core, log.range(0, 20))).toBe('stored')
    expect(await importRange(core, log.range(5, 20))).toBe('known')
    expect(await importRange(core, log.range(30, 40))).toBe('gap')
    expect(await importRange(core, log.range(10, 33))).toBe('stored')
    expect(core.length).toBe(33)
    expect(core.core.state.signature).toEqual(log.signatures[32])
    expect(core.manifest).toMatchObject(logManifest(pairOf('author').publicKey))
    await expectBlocks(core)
    expect(await rootsAt(core, 17)).toEqual(log.roots(17))
  })

  test('fills holes from whatever ranges have them, and only with what is right', async () => {
    const place = fc.tuple(fc.nat(LENGTH - 1), fc.nat(LENGTH - 1))
    const holes = fc.array(place, { minLength: 1, maxLength: 4 })
    const span = ([a, b]: readonly [number, number]): [number, number] => [
      Math.min(a, b),
      Math.max(a, b) + 1,
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: LENGTH }),
        holes,
        holes,
        async (length, cut, give) => {
          const core = await copy()
          await importRange(core, log.range(0, length))
          for (const [from, to] of cut.map(span)) {
            if (from < length) await core.clear(from, Math.min(to, length))
          }
          const heard: number[] = []
          core.on('download', (seq: number) => heard.push(seq))
          for (const [from, to] of give.map(span)) {
            const before = new Set(heard)
            const had = spansOf(core).reduce((n, s) => n + s.to - s.from, 0)
            const said = await importRange(core, log.range(from, to))
            const has = spansOf(core).reduce((n, s) => n + s.to - s.from, 0)
            const within = spansOf(core).some((s) => s.from <= from && to <= s.to)
            expect(said === 'known' ? has === had : true).toBe(true)
            expect(said === 'stored' ? within : true).toBe(true)
            expect(new Set(heard).size - before.size).toBeLessThanOrEqual(has - had)
          }
          // All that there is fills all that is missing.
          await importRange(core, log.range(0))
          expect(spansOf(core)).toEqual([{ from: 0, to: LENGTH }])
          await expectBlocks(core)
          await core.close()
        },
      ),
      { numRuns: 25 },
    )
  })

  test('that is aligned fills the hole although the log is known to go on beyond it', async () => {
    const core = await copy()
    await importRange(core, log.range(0))
    await core.clear(20, 50)
    // [16, 32) hangs together under one node; beyond 40 the range says nothing of what is to the right.
    expect(await importRange(core, log.range(10, 32))).toBe('stored')
    expect(spansOf(core)).toEqual([
      { from: 0, to: 32 },
      { from: 50, to: LENGTH },
    ])
  })

  test('A1: of another history of the same author is refused', async () => {
    const fork = logs.store().get({ keyPair: pairOf('author'), active: false })
    await fork.ready()
    const forked = new SignedLog('author', fork)
    await forked.grow(...Array.from({ length: 40 }, () => 9))
    const core = await copy()
    await importRange(core, log.range(0, 20))
    expect(await importRange(core, forked.range(0, 40))).toBe('refused')
    expect(await importRange(core, forked.range(20, 40))).toBe('refused')
    await core.clear(3, 7)
    expect(await importRange(core, forked.range(0, 20))).toBe('refused')
    expect(core.length).toBe(20)
    expect(await importRange(core, log.range(0, 30))).toBe('stored')
    await expectBlocks(core)
  })

  test('meets others that are taken in at the same time', async () => {
    const core = await copy()
    const said = await Promise.all([
      importRange(core, log.range(0, 20)),
      importRange(core, log.range(0, 20)),
      importRange(core, log.range(0, 50)),
    ])
    expect(said).not.toContain('refused')
    expect(core.length).toBeGreaterThanOrEqual(20)
    await importRange(core, log.range(0))
    expect(spansOf(core)).toEqual([{ from: 0, to: LENGTH }])
    await expectBlocks(core)
  })
})
