import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Envelope } from '../../core/crypto/envelope.ts'
import { seededRandom } from '../../core/random.ts'
import {
  decodeSnapshot,
  encodeSnapshot,
  loadSnapshot,
  saveSnapshot,
} from '../../core/timeline/snapshot.ts'
import type { Snapshot } from '../../core/timeline/snapshot.ts'
import { SnapshotKeeper } from '../../core/timeline/snapshot-keeper.ts'
import { silentLogger } from '../../core/logger.ts'
import { until } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const envelope = new Envelope(Buffer.alloc(32, 7), 'snapshot', seededRandom(1))
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
  test('is read as it was written, and lies sealed on the disk', async () => {
    await saveSnapshot(path, snapshot, envelope)
    expect(await loadSnapshot(path, envelope)).toEqual(snapshot)
    expect((await readFile(path)).includes('who has what')).toBe(false)
    const other = new Envelope(Buffer.alloc(32, 8), 'snapshot', seededRandom(1))
    expect(await loadSnapshot(path, other)).toBeNull()
    await saveSnapshot(path, { logs: [], parts: {} }, envelope)
    expect(await loadSnapshot(path, envelope)).toEqual({ logs: [], parts: {} })
  })

  test('that tells what is not to be told any more is taken away at once, and the next one comes soon', async () => {
    const clock = new VirtualClock()
    let taken: Snapshot = snapshot
    const keeper = new SnapshotKeeper({
      path,
      envelope,
      clock,
      logger: silentLogger,
      take: () => taken,
    })
    await saveSnapshot(path, snapshot, envelope)
    await keeper.forget()
    expect(await loadSnapshot(path, envelope)).toBeNull()
    taken = { logs: [], parts: {} }
    await clock.run(61_000)
    await until('the next one', async () => (await loadSnapshot(path, envelope)) !== null)
    expect(await loadSnapshot(path, envelope)).toEqual(taken)
    await keeper.close()
  })

  test('none, a truncated or an altered one is null', async () => {
    expect(await loadSnapshot(path, envelope)).toBeNull()
    await saveSnapshot(path, snapshot, envelope)
    const whole = await readFile(path)
    for (let size = 0; size < whole.byteLength; size++) {
      await writeFile(path, whole.subarray(0, size))
      expect(await loadSnapshot(path, envelope)).toBeNull()
    }
    fc.assert(
      fc.property(fc.nat(whole.byteLength * 8 - 1), (bit) => {
        const altered = Buffer.from(whole)
        altered[bit >> 3]! ^= 1 << (bit & 7)
        expect(envelope.open(altered)).toBeNull()
      }),
      { numRuns: 500 },
    )
  })

  test('garbage under our own seal is null too', () => {
    const whole = encodeSnapshot(snapshot)
    const mutated = fc
      .tuple(fc.nat(whole.byteLength - 1), fc.nat(255), fc.nat(whole.byteLength))
      .map(([at, byte, size]) => {
        const out = Buffer.from(whole.subarray(0, size))
        if (at < size) out[at] = byte
        return out
      })
    const any = fc.oneof(
      mutated,
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    )
    fc.assert(
      fc.property(any, (data) => {
        const read = decodeSnapshot(data)
        expect(read === null || Array.isArray(read.logs)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('of another version is null', () => {
    expect(decodeSnapshot(Buffer.from('{"version":99,"logs":[],"parts":[]}\n'))).toBeNull()
  })
})
