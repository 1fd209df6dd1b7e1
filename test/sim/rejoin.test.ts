import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineApi } from '../../core/api.ts'
import { systemClock } from '../../core/clock.ts'
import { openEngine } from '../../core/engine.ts'
import { silentLogger } from '../../core/logger.ts'
import { seededRandom, systemRandom } from '../../core/random.ts'
import { Storage } from '../../core/storage.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { until } from '../compliance/until.ts'

let dir: string
let network: MemoryNetwork
const engines = new Map<string, EngineApi>()

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-rejoin-'))
  network = new MemoryNetwork({ clock: systemClock, random: seededRandom(1) })
})

afterEach(async () => {
  for (const engine of engines.values()) await engine.close()
  engines.clear()
  await rm(dir, { recursive: true, force: true })
})

async function start(name: string): Promise<EngineApi> {
  const options = { clock: systemClock, random: systemRandom, logger: silentLogger }
  const engine = await openEngine({ ...options, dir: join(dir, name), name })
  engines.set(name, engine)
  engine.addTransport(network.transport(`${name} ${performance.now()}`))
  await engine.switchTransport('memory', true)
  return engine
}

async function texts(engine: EngineApi, room: string): Promise<string[]> {
  return (await engine.messages(room)).messages.map(({ text }) => text)
}

async function show(all: EngineApi[], room: string, wanted: string[]): Promise<void> {
  await until('all to show the same', async () => {
    const shown = await Promise.all(all.map((engine) => texts(engine, room)))
    return shown.every((list) => list.join() === wanted.join())
  })
}

test('who left comes back with a new invite, writes, and starts again', async () => {
  const [ada, ben] = [await start('ada'), await start('ben')]
  const { id } = await ada.createRoom('Porch')
  await ben.join(await ada.invite(id), { patience: 120_000 })
  await ben.send(id, 'hello')
  await show([ada, ben], id, ['hello'])
  await ben.leave(id)
  expect(ben.rooms()).toEqual([])
  await until('the leaving to be known', () => ada.members(id).length === 1)
  const back = await ben.join(await ada.invite(id), { patience: 120_000 })
  expect(back.state).toBe('joined')
  await ben.send(id, 'again')
  await show([ada, ben], id, ['hello', 'again'])
  await ben.close()
  const anew = await start('ben')
  await show([ada, anew], id, ['hello', 'again'])
  await anew.send(id, 'and on')
  await show([ada, anew], id, ['hello', 'again', 'and on'])
  expect(ada.members(id)).toHaveLength(2)
})

test('no key of a room that was left stays on the disk', async () => {
  const [ada, ben] = [await start('ada'), await start('ben')]
  const { id } = await ada.createRoom('Porch')
  await ben.join(await ada.invite(id), { patience: 120_000 })
  await ben.leave(id)
  await ben.close()
  const options = { random: systemRandom, logger: silentLogger }
  const storage = await Storage.open({ ...options, dir: join(dir, 'ben') })
  const { left, rooms } = storage.file.state
  await storage.close()
  await storage.vault.close()
  expect(rooms).toEqual([])
  expect(left.map(({ epochs }) => epochs)).toEqual([{}])
})

test('a room that is being made or left when Porchlight stops is done with first', async () => {
  const ada = await start('ada')
  const { id } = await ada.createRoom('Porch')
  let [made, gone] = [false, false]
  const work = [
    ada.createRoom('Garden').then(() => (made = true)),
    ada.leave(id).then(() => (gone = true)),
  ]
  await until('both to be under way', () => ada.rooms().length !== 1 || made)
  await ada.close()
  expect([made, gone]).toEqual([true, true])
  await Promise.all(work)
  const again = await start('ada')
  expect(again.rooms().map(({ name }) => name)).toEqual(['Garden'])
})

test('a refused invite leaves nothing behind, and a good one works afterwards', async () => {
  const [ada, ben, cleo] = [await start('ada'), await start('ben'), await start('cleo')]
  const { id } = await ada.createRoom('Porch')
  const once = await ada.invite(id, { uses: 1 })
  await ben.join(once, { patience: 120_000 })
  await expect(cleo.join(once, { patience: 120_000 })).rejects.toMatchObject({
    code: 'NOT_ALLOWED',
  })
  expect(cleo.rooms()).toEqual([])
  const joined = await cleo.join(await ada.invite(id), { patience: 120_000 })
  expect(joined.state).toBe('joined')
  await cleo.send(id, 'in')
  await show([ada, ben, cleo], id, ['in'])
})

test('two joins at once make one membership', async () => {
  const [ada, ben] = [await start('ada'), await start('ben')]
  const { id } = await ada.createRoom('Porch')
  const invite = await ada.invite(id)
  await Promise.all([1, 2].map(() => ben.join(invite, { patience: 120_000 })))
  expect(ben.rooms()).toHaveLength(1)
  expect(ada.members(id)).toHaveLength(2)
})
