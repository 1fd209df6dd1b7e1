import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { EventEmitter } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Envelope } from '../../core/crypto/envelope.ts'
import { ItemStore } from '../../core/files/store/item-store.ts'
import type { Swarm } from '../../core/files/swarm/swarm.ts'
import { inlineWork } from '../../core/files/work/inline-work.ts'
import { silentLogger } from '../../core/logger.ts'
import type { Lister } from '../../core/mirror/exchange/shared-copy.ts'
import { KEPT_FOR } from '../../core/mirror/holder/held-mirror.ts'
import { Holder } from '../../core/mirror/holder/holder.ts'
import { costOf, ItemKeeper } from '../../core/mirror/items/item-keeper.ts'
import { mirrorRoom } from '../../core/mirror/items/shared-rooms.ts'
import { mirrorId } from '../../core/mirror/mirror-keys.ts'
import { DEFAULT_QUOTA } from '../../core/mirror/policy/quota.ts'
import { seededRandom } from '../../core/random.ts'
import { craftItem } from '../hostile/crafted-item.ts'
import type { CraftedItem } from '../hostile/crafted-item.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import { MemoryShelf } from './core-mirror-copy.ts'
import { pairOf } from './core-people.ts'

const KEY = Buffer.alloc(32, 1)
const ID = mirrorId(KEY)
const random = seededRandom(3)
const secret = random.bytes(32)

let dir: string
let clock: VirtualClock
let shelf: MemoryShelf
let holder: Holder
let keeper: ItemKeeper

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-items-'))
  clock = new VirtualClock()
  shelf = new MemoryShelf()
  await open()
})

afterEach(async () => {
  await close()
  await rm(dir, { recursive: true, force: true })
})

async function open(): Promise<void> {
  const base = { clock, logger: silentLogger }
  holder = await Holder.open({
    ...base,
    archive: shelf,
    quota: () => DEFAULT_QUOTA,
    onchange: () => {},
  })
  const store = await ItemStore.open({
    ...base,
    dir: join(dir, 'store'),
    envelope: new Envelope(secret, 'items', random),
    work: inlineWork(),
    random,
    space: () => Promise.resolve(),
  })
  // Nobody is in reach: what comes is brought on a medium.
  const swarm = Object.assign(new EventEmitter(), {
    watch: () => {},
    sources: () => 0,
    changed: () => {},
  })
  keeper = await ItemKeeper.open({
    ...base,
    dir: join(dir, 'lists'),
    store,
    holder,
    swarm: swarm as unknown as Swarm,
    own: () => false,
    onchange: () => {},
  })
}

async function close(): Promise<void> {
  await keeper.close()
  await holder.close()
}

function lister(name: string): Lister {
  return { key: pairOf(name).publicKey, node: false, address: '192.0.2', paired: false }
}

async function deposit(name: string): Promise<void> {
  const from = { depositor: pairOf(name).publicKey, address: '192.0.2', paired: false }
  expect((await holder.deposit({ ...from, key: KEY })).refused).toBeNull()
}

function name(who: string, ...items: readonly CraftedItem[]): void {
  keeper.list(ID, lister(who), { fresh: true, list: items.map(({ ref }) => ref), gone: [] })
}

async function bring({ ref, manifest, chunks }: CraftedItem): Promise<void> {
  const held = (await keeper.begin(ID, ref))!
  await held.takeManifest(manifest)
  for (const [index, sealed] of chunks.entries()) {
    const buffer = held.buffer(sealed.byteLength)
    sealed.copy(buffer)
    await held.write(index, buffer)
  }
}

function free(who: string): number {
  const { key } = lister(who)
  return holder.free({ depositor: key, address: '192.0.2', paired: false })
}

function files(): Promise<string[]> {
  return readdir(join(dir, 'store', 'held')).catch(() => [])
}

test('A16: a file counts for who named it, over a restart, and for another who names it once that one withdrew', async () => {
  const item = craftItem(random.bytes(200_000), random)
  await deposit('ann')
  await deposit('ben')
  const before = { ann: free('ann'), ben: free('ben') }
  name('ann', item)
  name('ben', item)
  await bring(item)
  expect(before.ann - free('ann')).toBe(costOf(item.ref))
  expect(free('ben')).toBe(before.ben)
  expect([...keeper.keeping(ID, lister('ben'))]).toEqual([[item.ref.root.toString('hex'), 'kept']])
  await close()
  await open()
  expect(before.ann - free('ann')).toBe(costOf(item.ref))
  expect(keeper.count).toEqual({ kept: 1, named: 1 })
  expect(keeper.held(mirrorRoom(ID), item.ref.root.toString('hex'))?.have.isFull).toBe(true)
  expect(keeper.held(ID, item.ref.root.toString('hex'))).toBeNull()
  await holder.forget(ID, lister('ann').key)
  await keeper.idle()
  expect(before.ben - free('ben')).toBe(costOf(item.ref))
  expect(await files()).toHaveLength(1)
  name('ben')
  await keeper.idle()
  expect([await files(), free('ben')]).toEqual([[], before.ben])
})

test('A17: files go when the time of their mirror is over; what nobody named, or whose list is damaged, goes at the next start', async () => {
  const item = craftItem(random.bytes(100_000), random)
  await deposit('ann')
  expect(await keeper.begin(ID, item.ref)).toBeNull()
  name('ann', item)
  await bring(item)
  expect(await files()).toHaveLength(1)
  await close()
  await writeFile(join(dir, 'lists', ID), 'damaged')
  await open()
  expect(await files()).toEqual([])
  name('ann', item)
  await bring(item)
  await clock.run(KEPT_FOR + 24 * 60 * 60_000)
  await keeper.idle()
  expect([await files(), await readdir(join(dir, 'lists'))]).toEqual([[], []])
})
