import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { silentLogger } from '../../core/logger.ts'
import { BulkClient } from '../../core/replication/bulk-client.ts'
import { MAX_RANGE, serveRange } from '../../core/replication/bulk-server.ts'
import type { ContentLog } from '../../core/room/content-log.ts'
import type { BulkBlocks, BulkEnd, BulkRequest } from '../../core/session/messages.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { Logs } from './core-logs.ts'

const TAG = Buffer.alloc(16)
const RANGE = 10
const TOTAL = 35

interface Meddling {
  blocks?: (message: BulkBlocks) => BulkBlocks
  end?: (message: BulkEnd) => BulkEnd
}

let logs: Logs
let source: ContentLog
let copy: ContentLog
let clock: VirtualClock
let requests: BulkRequest[]

beforeAll(async () => {
  logs = await Logs.open()
  source = await logs.author('author')
  for (let at = 0; at < TOTAL; at += RANGE) {
    const count = Math.min(RANGE, TOTAL - at)
    await logs.write(source, ...Array.from({ length: count }, (_, i) => ({ checkpoint: i === 0 })))
  }
})

beforeEach(async () => {
  copy = await logs.copy('author')
  clock = new VirtualClock()
  requests = []
})

afterAll(() => logs.close())

/** A client whose requests are answered from the source, by a peer that may meddle with the answers. */
function client(meddling: Meddling = {}): BulkClient {
  const { blocks = (m: BulkBlocks) => m, end = (m: BulkEnd) => m } = meddling
  const made: BulkClient = new BulkClient(
    (request) => {
      requests.push(request)
      void serveRange(source, request, {
        blocks: async (message) => made.onblocks(blocks(message)),
        end: (message) => made.onend(end(message)),
      })
    },
    { clock, logger: silentLogger },
  )
  return made
}

/** A client whose peer never answers by itself. */
function silent(): BulkClient {
  return new BulkClient((request) => void requests.push(request), { clock, logger: silentLogger })
}

function altered(block: Buffer): Buffer {
  const out = Buffer.from(block)
  out[out.byteLength - 1]! ^= 1
  return out
}

describe('fetching in ranges', () => {
  test('gives the same log, range by range from checkpoint to checkpoint', async () => {
    expect(await client().fetch(copy, TAG)).toBe('done')
    expect(copy.core.length).toBe(TOTAL)
    expect(copy.core.core.state.signature).toEqual(source.core.core.state.signature)
    for (let seq = 0; seq < TOTAL; seq++) {
      expect(await copy.core.get(seq)).toEqual(await source.core.get(seq))
    }
    expect(requests.map(({ from }) => from)).toEqual([0, 10, 20, 30, 35])
  })

  test('goes on where an earlier one ended', async () => {
    const half = client({ end: (m) => (m.length > 20 ? { ...m, length: 0 } : m) })
    await half.fetch(copy, TAG)
    expect(copy.core.length).toBe(20)
    requests = []
    expect(await client().fetch(copy, TAG)).toBe('done')
    expect(requests[0]!.from).toBe(20)
    expect(copy.core.length).toBe(TOTAL)
  })

  const lies: [string, Meddling][] = [
    [
      'an altered block',
      { blocks: (m) => ({ ...m, blocks: m.blocks.map((b, i) => (i === 4 ? altered(b) : b)) }) },
    ],
    ['a block left out', { blocks: (m) => ({ ...m, blocks: m.blocks.slice(1) }) }],
    ['a block twice', { blocks: (m) => ({ ...m, blocks: [m.blocks[0]!, ...m.blocks] }) }],
    ['blocks in another order', { blocks: (m) => ({ ...m, blocks: m.blocks.toReversed() }) }],
    ['an altered signature', { end: (m) => ({ ...m, signature: altered(m.signature) }) }],
    ['no signature', { end: (m) => ({ ...m, signature: Buffer.alloc(0) }) }],
    ['garbage for a signature', { end: (m) => ({ ...m, signature: Buffer.alloc(100, 0xff) }) }],
    ['another length', { end: (m) => ({ ...m, length: m.length + 1 }) }],
    ['blocks of nothing', { blocks: (m) => ({ ...m, blocks: [] }) }],
  ]
  test.each(lies)('A1: %s is refused and nothing of it stored', async (_, meddling) => {
    expect(await client(meddling).fetch(copy, TAG)).toBe('failed')
    expect(copy.core.length).toBe(0)
    // An honest peer is as welcome after it.
    expect(await client().fetch(copy, TAG)).toBe('done')
    expect(copy.core.length).toBe(TOTAL)
  })

  test('what was good before a lie is kept', async () => {
    const late = client({
      end: (m) => (m.length === 20 ? { ...m, signature: altered(m.signature) } : m),
    })
    expect(await late.fetch(copy, TAG)).toBe('failed')
    expect(copy.core.length).toBe(10)
  })

  test('a range of nothing that claims to end where it began does not go on for ever', async () => {
    await client({ end: (m) => (m.length > 10 ? { ...m, length: 0 } : m) }).fetch(copy, TAG)
    expect(copy.core.length).toBe(10)
    const signature = Buffer.alloc(68)
    const circling = client({
      blocks: (m) => ({ ...m, blocks: [] }),
      end: (m) => ({ ...m, length: 10, signature }),
    })
    expect(await circling.fetch(copy, TAG)).toBe('failed')
    expect(requests.length).toBeLessThan(10)
  })

  test('another peer that is quicker changes nothing', async () => {
    await Promise.all([client().fetch(copy, TAG), client().fetch(copy, TAG)])
    expect(copy.core.length).toBe(TOTAL)
    expect(await copy.core.get(TOTAL - 1)).toEqual(await source.core.get(TOTAL - 1))
  })
})

describe('a peer that does not play along', () => {
  test('that stalls is not waited for', async () => {
    const fetched = silent().fetch(copy, TAG)
    let outcome = 'pending'
    void fetched.then((said) => (outcome = said))
    await clock.run(9_900)
    expect(outcome).toBe('pending')
    await clock.run(200)
    expect(outcome).toBe('failed')
  })

  test('that sends something now and then is waited for', async () => {
    const waiting = silent()
    let outcome = 'pending'
    void waiting.fetch(copy, TAG).then((said) => (outcome = said))
    for (let i = 0; i < 4; i++) {
      await clock.run(8_000)
      waiting.onblocks({ id: requests[0]!.id, blocks: [Buffer.alloc(20_000)] })
    }
    await clock.run(8_000)
    expect(outcome).toBe('pending')
    await clock.run(3_000)
    expect(outcome).toBe('failed')
  })

  test('that drips is not: it would hold the log back from all others', async () => {
    const waiting = silent()
    let outcome = 'pending'
    void waiting.fetch(copy, TAG).then((said) => (outcome = said))
    for (let i = 0; i < 4; i++) {
      await clock.run(3_000)
      waiting.onblocks({ id: requests[0]!.id, blocks: [Buffer.alloc(9)] })
    }
    expect(outcome).toBe('failed')
  })

  test.each([
    ['bytes', Array.from({ length: 16 }, () => Buffer.alloc(64 * 1024))],
    ['empty blocks', Array.from({ length: 1_024 }, () => Buffer.alloc(0))],
  ])('A11: that sends %s without end is cut off', async (_, blocks) => {
    const flooded = silent()
    const fetched = flooded.fetch(copy, TAG)
    const { id } = requests[0]!
    for (let i = 0; i < 12; i++) flooded.onblocks({ id, blocks })
    expect(await fetched).toBe('failed')
    expect(copy.core.length).toBe(0)
    expect(MAX_RANGE).toBeLessThan(12 * 16 * 64 * 1024)
  })

  test('that answers what nobody asked for is passed over', () => {
    const idle = silent()
    idle.onblocks({ id: 7, blocks: [Buffer.alloc(9)] })
    idle.onend({ id: 7, length: 1, signature: Buffer.alloc(68) })
    expect(requests).toEqual([])
  })

  test('that goes ends every fetch, the queued ones too', async () => {
    const closing = silent()
    const copies = [copy]
    while (copies.length < 7) copies.push(await logs.copy('author'))
    const fetched = copies.map((each) => closing.fetch(each, TAG))
    // Only so many travel at a time.
    expect(requests).toHaveLength(4)
    closing.close()
    const outcomes = await Promise.all(fetched)
    expect(outcomes.slice(0, 4)).toEqual(['failed', 'failed', 'failed', 'failed'])
    expect(outcomes).toHaveLength(7)
  })
})

describe('serving a range', () => {
  async function served(log: ContentLog, from: number): Promise<{ blocks: number; end: BulkEnd }> {
    let blocks = 0
    let end: BulkEnd | null = null
    await serveRange(
      log,
      { id: 1, from },
      {
        blocks: async (message) => void (blocks += message.blocks.length),
        end: (message) => void (end = message),
      },
    )
    return { blocks, end: end! }
  }

  test('ends at the next checkpoint, or at the end', async () => {
    expect(await served(source, 3)).toMatchObject({ blocks: 7, end: { length: 10 } })
    expect(await served(source, 30)).toMatchObject({ blocks: 5, end: { length: TOTAL } })
  })

  test('beyond the end, or of blocks that are not here, is empty', async () => {
    const nothing = { blocks: 0, end: { id: 1, length: 0, signature: Buffer.alloc(0) } }
    expect(await served(source, TOTAL)).toEqual(nothing)
    expect(await served(source, Number.MAX_SAFE_INTEGER)).toEqual(nothing)
    expect(await served(copy, 0)).toEqual(nothing)
  })

  test('too large to be verified as a whole is not sent at all', async () => {
    const large = await logs.author('large')
    const record = { text: 'x'.repeat(16_000) }
    await logs.write(large, ...Array.from({ length: 600 }, () => record))
    expect(await served(large, 0)).toMatchObject({ blocks: 0, end: { length: 0 } })
    expect(await served(large, 300)).toMatchObject({ blocks: 300, end: { length: 600 } })
  })
})
