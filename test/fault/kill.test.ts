import { expect, test } from '@jest/globals'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import { NodeProcess } from './node-process.ts'
import { expectCalm, expectKept, logOf } from './nodes.ts'
import { inScratch } from './scratch.ts'

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 50)
const SEED = Number(process.env.FAULT_SEED ?? 5)

test(
  `kill -9 at ${ROUNDS} points (seed ${SEED}): no acknowledged message is lost or doubled, the log goes on`,
  () =>
    inScratch(async (scratch) => {
      const dir = join(scratch, 'node')
      const random = seededRandom(SEED)
      const first = await NodeProcess.open(dir)
      const { id: room } = await first.ask('createRoom', 'Room')
      const { id } = await first.ask('send', room, 'first')
      await first.kill()
      const acknowledged = new Map([[id, 'first']])
      const log = logOf(id)
      for (let round = 0; round < ROUNDS; round++) {
        // Now and then while it opens; else after some acknowledgements, at a random moment of the next.
        const opening = random.float() < 0.15
        const after = Math.floor(random.float() ** 2 * 200)
        const parallel = 1 + Math.floor(random.float() * 16)
        const moment = random.float()
        const node = new NodeProcess(dir)
        if (opening) {
          await pause(moment * 800)
          await node.kill()
          continue
        }
        expect(await node.outcome()).toBeNull()
        await expectAll(node, room, acknowledged)
        await node.call('flood', room, `round ${round}`, parallel)
        await until('acknowledgements', () => node.acknowledged.size >= after)
        await pause(moment * 20)
        await node.kill()
        expectCalm(node)
        expect(node.refused).toEqual([])
        for (const [message, text] of node.acknowledged) {
          expect(logOf(message)).toBe(log)
          acknowledged.set(message, text)
        }
      }
      const last = await NodeProcess.open(dir)
      await expectAll(last, room, acknowledged)
      expect(logOf((await last.ask('send', room, 'last')).id)).toBe(log)
      await last.close()
    }),
  900_000 + ROUNDS * 15_000,
)

async function expectAll(
  node: NodeProcess,
  room: string,
  acknowledged: ReadonlyMap<string, string>,
): Promise<void> {
  const history = await node.history(room)
  expectKept(history, acknowledged)
  // One log without a gap: what was sent and not acknowledged is there whole or not at all.
  expect(history.map(({ id }) => Number(id.split('-')[1]))).toEqual(history.map((_, seq) => seq))
}
