import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { silentLogger } from '../../core/logger.ts'
import { Carrier } from '../../core/mirror/carry/carrier.ts'
import { byLog, decodeCarried, encodeCarried } from '../../core/mirror/carry/lots.ts'
import { readLots } from '../../core/mirror/carry/saved-lots.ts'
import { MAX_HANDED, SPRAY } from '../../core/mirror/carry/spray.ts'
import type { LogRange, Stored } from '../../core/mirror/copy.ts'
import type { Visitor } from '../../core/mirror/exchange/shared-copy.ts'
import { mirrorId } from '../../core/mirror/mirror-keys.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { MemoryShelf } from './core-mirror-copy.ts'
import { SignedLogs } from './core-signed-logs.ts'
import type { SignedLog } from './core-signed-logs.ts'

const KB = 1024
const MB = 1024 * KB

let logs: SignedLogs
let authors: SignedLog[]
let clock: VirtualClock
let shelf: MemoryShelf
let quota: number

beforeAll(async () => {
  logs = await SignedLogs.open()
  authors = []
  for (let n = 0; n < 8; n++) {
    authors.push(await logs.author(`author ${n}`, ...Array.from({ length: 20 }, () => KB)))
  }
})

afterAll(() => logs.close())

beforeEach(() => {
  clock = new VirtualClock()
  shelf = new MemoryShelf()
  quota = MB
})

function open(): Promise<Carrier> {
  const limits = SPRAY
  const onchange = (): void => {}
  return Carrier.open({ shelf, quota: () => quota, limits, clock, logger: silentLogger, onchange })
}

const keyOf = (n: number): Buffer => Buffer.alloc(32, n)
const at = (address: string): Visitor => ({ depositor: null, address, paired: false })

/** Offers all of a log under a key, and brings it. */
async function bring(
  carrier: Carrier,
  key: Buffer,
  log: SignedLog,
  { address = '192.0.2', copies = 8, change = (range: LogRange) => range } = {},
): Promise<Stored | 'not taken'> {
  const to = log.blocks.length
  const named = { key: log.key, manifest: log.manifest, spans: [{ from: 0, to }] }
  const until = clock.now() + SPRAY.life
  const parcels = { key, logs: [{ ...named, copies, bytes: 1 }], until, regular: 0 }
  if (!(await carrier.take(parcels, at(address)))) return 'not taken'
  const mirror = [...carrier.mirrors()].find(({ id }) => id === mirrorId(key))!
  return mirror.store(change(log.range(0, to)), at(address))
}

function lotsOf(carrier: Carrier) {
  return [...carrier.mirrors()].flatMap(({ book }) => book.lots)
}

describe('a carrier', () => {
  test('keeps what was brought over a restart, until its time is over', async () => {
    const carrier = await open()
    expect(await bring(carrier, keyOf(1), authors[0]!)).toBe('stored')
    expect(lotsOf(carrier)).toMatchObject([{ from: 0, to: 20, copies: 8 }])
    await carrier.close()
    const again = await open()
    expect(lotsOf(again)).toEqual(lotsOf(carrier))
    expect([...again.copies()]).toMatchObject([{ scope: 'carry', kind: 'carried' }])
    await again.close()
    await clock.run(SPRAY.life)
    const later = await open()
    expect(later.held).toEqual({ mirrors: 0, bytes: 0 })
    expect(shelf.kept.size).toBe(0)
    await later.close()
  })

  test('believes no more copies and no longer time than an honest one could offer', async () => {
    const carrier = await open()
    await bring(carrier, keyOf(1), authors[0]!, { copies: 0xffff })
    expect(lotsOf(carrier)).toMatchObject([{ copies: MAX_HANDED }])
    expect(lotsOf(carrier)[0]!.until).toBeLessThanOrEqual(clock.now() + SPRAY.life)
    await carrier.close()
  })

  test('takes nothing while it has no space, or what is over', async () => {
    const carrier = await open()
    quota = 0
    expect(await bring(carrier, keyOf(1), authors[0]!)).toBe('not taken')
    quota = MB
    const parcels = { key: keyOf(1), logs: [], until: clock.now(), regular: 1 }
    expect(await carrier.take(parcels, at('192.0.2'))).toBe(false)
    expect(carrier.held.mirrors).toBe(0)
    await carrier.close()
  })

  test('a range that nobody signed is refused, and nothing gives way to it', async () => {
    quota = 90 * KB
    const carrier = await open()
    await bring(carrier, keyOf(1), authors[0]!, { copies: 1 })
    const forged = (range: LogRange): LogRange => ({
      ...range,
      blocks: range.blocks.map(() => Buffer.alloc(4 * KB)),
    })
    const others = { address: '198.51.100', change: forged }
    expect(await bring(carrier, keyOf(2), authors[1]!, others)).toBe('refused')
    expect(lotsOf(carrier)).toHaveLength(1)
    await carrier.close()
  })

  test('A16: those at one address fill a quarter of the space, however many keys and rooms they name', async () => {
    quota = 100 * KB
    const carrier = await open()
    const said: string[] = []
    for (const [n, log] of authors.entries()) said.push(await bring(carrier, keyOf(n), log))
    expect(said.filter((one) => one === 'stored')).toHaveLength(1)
    expect(carrier.bytes).toBeLessThanOrEqual(quota / 4)
    // Others still find space.
    expect(await bring(carrier, keyOf(9), authors[7]!, { address: '198.51.100' })).toBe('stored')
    const flood = []
    for (let n = 0; n < 1_000; n++) {
      const key = Buffer.alloc(32)
      key.writeUInt32LE(n + 1_000)
      flood.push(await bring(carrier, key, authors[0]!))
    }
    expect(flood.filter((one) => one === 'stored')).toHaveLength(0)
    expect(carrier.held.mirrors).toBeLessThanOrEqual(300)
    await carrier.close()
  })

  test('at its quota what was copied on most gives way first, and the quota holds', async () => {
    quota = 84 * KB
    const carrier = await open()
    const bringAt = (n: number, copies: number): Promise<string> =>
      bring(carrier, keyOf(n), authors[n]!, { copies, address: `10.0.${n}` })
    expect([await bringAt(0, 4), await bringAt(1, 1), await bringAt(2, 2)]).toEqual(
      Array.from({ length: 3 }, () => 'stored'),
    )
    quota = 64 * KB
    await carrier.sweep()
    const left = (): string[] => [...carrier.mirrors()].map(({ id }) => id).sort()
    const ids = (...of: number[]): string[] => of.map((n) => mirrorId(keyOf(n))).sort()
    expect(left()).toEqual(ids(0, 1, 2))
    quota = 60 * KB
    await carrier.sweep()
    expect(left()).toEqual(ids(0, 2))
    // What is worth less than all that is there is not taken.
    quota = 84 * KB
    expect(await bringAt(3, 1)).toBe('stored')
    expect(await bringAt(4, 1)).toBe('stored')
    expect(await bringAt(5, 0)).toBe('full')
    expect(carrier.bytes).toBeLessThanOrEqual(quota)
    await carrier.close()
  })

  test('a regular wants what carriers have, for a while', async () => {
    const carrier = await open()
    const parcels = { key: keyOf(1), logs: [], until: clock.now() + 9, regular: 1 }
    expect(await carrier.take(parcels, at('192.0.2'))).toBe(false)
    expect([...carrier.copies()]).toMatchObject([{ kind: 'regular' }])
    await carrier.close()
    const again = await open()
    expect([...again.copies()]).toMatchObject([{ kind: 'regular' }])
    await clock.run(SPRAY.life)
    await again.sweep()
    expect(again.held.mirrors).toBe(0)
    await again.close()
  })

  test('gives way to deposits, and can be emptied', async () => {
    const carrier = await open()
    for (const [n, log] of authors.entries()) {
      await bring(carrier, keyOf(n), log, { address: `10.0.${n}` })
    }
    const before = carrier.bytes
    await carrier.free(30 * KB)
    expect(carrier.bytes).toBeLessThanOrEqual(before - 30 * KB)
    expect(carrier.bytes).toBeGreaterThan(0)
    await carrier.drop()
    expect(carrier.held).toEqual({ mirrors: 0, bytes: 0 })
    expect(shelf.kept.size).toBe(0)
    await carrier.close()
  })
})

describe('what is kept of lots', () => {
  const lot = { log: 'ab'.repeat(32), from: 2, to: 5, bytes: 9, copies: 3, since: 4, until: 8 }

  test('comes back as it was, and no bytes do harm', () => {
    const book = { key: keyOf(3), regularUntil: 7, lots: [{ ...lot, address: '192.0.2' }] }
    const bytes = encodeCarried(book)
    expect(decodeCarried(bytes)).toEqual(book)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (random) => {
        decodeCarried(Buffer.from(random))
      }),
    )
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (place, value) => {
        const changed = Buffer.from(bytes)
        changed[place] = value
        decodeCarried(changed)
      }),
    )
    expect(
      decodeCarried(encodeCarried({ ...book, lots: [{ ...book.lots[0]!, to: 2 }] })),
    ).toBeNull()
  })

  test('a log is worth what its best lot is', () => {
    const other = { ...lot, from: 5, to: 6, copies: 1, since: 9, until: 10 }
    expect(byLog('m', [lot, other])).toEqual([
      { id: 'm', log: lot.log, bytes: 18, copies: 3, since: 9, until: 10 },
    ])
  })

  test('a state file gives sound lots alone', () => {
    const room = 'cd'.repeat(16)
    const mine = { ...lot, mine: true, begun: false }
    expect(readLots({ [room]: [mine] })).toEqual({ [room]: [mine] })
    const bad = [{ ...mine, copies: 1_000 }, { ...mine, to: 2 }, { ...mine, log: 'x' }, null, 7]
    expect(readLots({ [room]: bad, x: [mine] })).toEqual({})
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        readLots(value)
        readLots({ [room]: value })
      }),
    )
  })
})
