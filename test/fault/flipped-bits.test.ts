import { expect, test } from '@jest/globals'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import { flipBit } from './damage.ts'
import { expectCalm, expectKept, link, befriend, settled } from './nodes.ts'
import { NodeProcess } from './node-process.ts'
import { inScratch } from './scratch.ts'

const SEED = Number(process.env.FAULT_SEED ?? 8)
const ROUNDS = Number(process.env.FAULT_FLIPS ?? 2)

/** Files of a data directory that a start can do without. */
const EXPENDABLE = [/^running$/, /^index\//]

test.each([
  ['the journal', /^journal$/],
  ['the list of rooms', /^state\.json$/],
  ['the keys', /^keys\.json$/],
  ['the snapshots', /^index\/.*\.timeline$/],
  ['the marker', /^running$/],
  ['the tables of the store', /^store\/.*\.sst$/],
  ['the write-ahead log of the store', /^store\/.*\.log$/],
  ['the lists of the store', /^store\/.*(MANIFEST-\d+|CURRENT|OPTIONS-\d+)$/],
])('a bit flipped in %s is harmless or said: nothing wrong is shown', (_, wanted) =>
  inScratch(async (scratch) => {
    const random = seededRandom(SEED)
    for (let round = 0; round < ROUNDS; round++) {
      const dir = join(scratch, `device ${round}`)
      const other = await NodeProcess.open(join(scratch, `other ${round}`), 'Other')
      let device = await NodeProcess.open(dir, 'Device')
      const room = await befriend(device, other)
      await device.call('flood', room, 'text', 8)
      await until('messages', () => device.acknowledged.size > 50)
      await device.call('calm')
      const { id } = await device.ask('send', room, 'last')
      const acknowledged = new Map([...device.acknowledged, [id, 'last']])
      await settled([device, other], room, acknowledged.size)
      // A second run leaves both tables and a log to its store.
      await device.close()
      device = await NodeProcess.open(dir)
      await device.ask('send', room, 'second run').then(({ id: second }) => {
        acknowledged.set(second, 'second run')
      })
      await device.kill()
      const files = (await filesIn(dir)).filter((name) => wanted.test(name))
      expect(files.length).toBeGreaterThan(0)
      for (const name of files) {
        await flipBit(join(dir, name), random.float(), Math.floor(random.float() * 8))
      }
      const damaged = new NodeProcess(dir)
      const failed = await damaged.outcome()
      const expendable = files.every((name) => EXPENDABLE.some((file) => file.test(name)))
      expect(expendable ? ['opens'] : ['opens', 'DAMAGED']).toContain(failed?.code ?? 'opens')
      if (!failed) await expectWhole(damaged, other, room, acknowledged)
      expectCalm(device, damaged, other)
      await damaged.kill()
      await other.kill()
    }
  }),
)

/** Whatever is shown is what was written, even while not all of it is here; a peer brings what is lost. */
async function expectWhole(
  damaged: NodeProcess,
  other: NodeProcess,
  room: string,
  written: ReadonlyMap<string, string>,
): Promise<void> {
  await link(damaged, other)
  for (const { id, text } of await damaged.history(room)) expect(text).toBe(written.get(id))
  expectKept(await settled([damaged, other], room, written.size), written)
}

async function filesIn(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true })
  const sized = names.map(async (name) => ({ name, at: await stat(join(dir, name)) }))
  const found = await Promise.all(sized)
  return found.filter(({ at }) => at.isFile() && at.size > 0).map(({ name }) => name)
}
