/** One that holds what it can not read, and serves it to who comes late. */
import { describe, expect, test } from '@jest/globals'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { Envelope } from '../../core/crypto/envelope.ts'
import { ItemStore } from '../../core/files/store/item-store.ts'
import type { StoredItem } from '../../core/files/store/stored-item.ts'
import { inlineWork } from '../../core/files/work/inline-work.ts'
import { silentLogger } from '../../core/logger.ts'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import { ROOM, Street } from '../unit/core-swarm-street.ts'
import type { Neighbour } from '../unit/core-swarm-street.ts'
import { SEEDS } from './scale.ts'

const CANARY = Buffer.from('the canary sings at dawn')

describe('a blind holder', () => {
  test.each(SEEDS)(
    '%i: what it holds says nothing to it; a late comer gets every byte from it, its sender gone',
    async (seed) => {
      const dir = await mkdtemp(join(tmpdir(), 'porchlight-sim-'))
      const random = seededRandom(seed)
      const street = new Street(systemClock, { latency: 2, jitter: 4, loss: 0.01 }, seed)
      const stores: ItemStore[] = []
      const open = async (name: string): Promise<ItemStore> => {
        stores.push(await openStore(join(dir, name), random))
        return stores.at(-1)!
      }
      try {
        const [ann, holder, cleo] = [await open('ann'), await open('holder'), await open('cleo')]
        const neighbours = await street.neighbours('ann', 'holder', 'cleo')
        street.network.partition([['ann', 'holder'], ['cleo']])
        const path = join(dir, 'letter.txt')
        const data = Buffer.concat([
          random.bytes(Math.floor(random.float() * 600_000)),
          CANARY,
          random.bytes(Math.floor(random.float() * 600_000)),
        ])
        await writeFile(path, data)
        const sent = await ann.share(path, { room: ROOM })
        const kept = await holder.hold(sent.descriptor, ROOM)
        expect(kept.ref).toBeNull()
        offer(neighbours[0]!, sent)
        await fetched(street, neighbours[1]!, kept)
        for (const name of await readdir(join(dir, 'holder'), { recursive: true })) {
          const stored = await readFile(join(dir, 'holder', name)).catch(() => Buffer.alloc(0))
          for (const secret of [CANARY, Buffer.from('letter'), sent.ref!.key]) {
            expect([name, stored.includes(secret)]).toEqual([name, false])
          }
        }
        street.network.partition([['ann'], ['holder', 'cleo']])
        const got = await cleo.begin(sent.ref!, { name: sent.name, room: ROOM })
        await fetched(street, neighbours[2]!, got)
        expect((await readFile(got.path!)).equals(data)).toBe(true)
      } finally {
        await street.close()
        for (const store of stores) await store.close()
        await rm(dir, { recursive: true, force: true })
      }
    },
  )
})

function openStore(dir: string, random: Random): Promise<ItemStore> {
  return ItemStore.open({
    dir,
    data: dir,
    envelope: new Envelope(random.bytes(32), 'files', random),
    work: inlineWork(),
    clock: systemClock,
    random,
    logger: silentLogger,
    space: () => Promise.resolve(),
  })
}

function offer(neighbour: Neighbour, item: StoredItem): void {
  neighbour.others.set(item.rootHex, item)
  neighbour.swarm.changed(item.rootHex)
}

/** Fetches all of it, every link cut in the middle. */
async function fetched(street: Street, neighbour: Neighbour, item: StoredItem): Promise<void> {
  offer(neighbour, item)
  const fetch = neighbour.swarm.fetch(item, {
    rooms: () => [ROOM],
    priority: 'asked',
    allows: () => true,
  })
  await until('a source', () => fetch.sources > 0)
  for (const [a, b] of street.network.links()) street.network.sever(a, b)
  await until('all of it', () => item.complete)
}
