import { afterEach, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Corestore from 'corestore'
import { systemClock } from '../../core/clock.ts'
import { ControlLog } from '../../core/control/control-log.ts'
import { MAX_BYTES } from '../../core/control/log-allowance.ts'
import type { Operation } from '../../core/control/operation.ts'
import { Envelope } from '../../core/crypto/envelope.ts'
import { silentLogger } from '../../core/logger.ts'
import { seededRandom } from '../../core/random.ts'
import { joinStatement, known, logOf, pairOf, people } from './core-people.ts'

const SECRET = Buffer.alloc(32, 5)
const NAME = 'ann’s control log'

let close = async (): Promise<void> => {}

afterEach(() => close())

test('a control log that is nearly full says so, and a full one takes nothing more', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-full-'))
  const store = new Corestore(dir)
  const warnings: string[] = []
  const log = await ControlLog.open({
    store,
    key: null,
    encryptionKey: SECRET,
    envelope: new Envelope(SECRET, 'control', seededRandom(1)),
    keyPair: known(pairOf(NAME)),
    suspect: false,
    trust: async () => {},
    clock: systemClock,
    journal: {
      append: async () => ({ generation: 0, offset: 0, data: Buffer.alloc(0) }),
      retract: async () => {},
    },
    logger: { ...silentLogger, warn: (what: string) => void warnings.push(what) },
  })
  close = async () => {
    await log.close()
    await store.close()
    await rm(dir, { recursive: true, force: true })
  }
  const [ann] = await people(1)
  const statement = joinStatement(ann!, null, {
    room: log.key,
    writer: log.writer,
    log: logOf(ann!),
  })
  await log.append({ type: 'create', name: 'Porch', statement, ephemeral: Buffer.alloc(32, 1) })
  expect(log.usedUp).toBeLessThan(0.001)
  const box = Buffer.alloc(48)
  const boxes = Array.from({ length: 2_000 }, () => ({ device: Buffer.alloc(8), box }))
  // An id that is not its key's: it costs all the same.
  const large: Operation = {
    type: 'rotate',
    epoch: 1,
    parent: 0,
    at: 0,
    ephemeral: box.subarray(0, 32),
    boxes,
    links: [],
  }
  const most = Math.ceil(MAX_BYTES / (2_000 * 56))
  let written = 0
  for (; log.usedUp < 0.9; written++) await log.append(large)
  expect(written).toBeGreaterThan(0.85 * most)
  expect(warnings).toEqual([])
  await log.append({ type: 'title', name: 'Late' })
  expect(log.state.name).toBe('Late')
  for (; log.usedUp < 1; written++) await log.append(large)
  expect(written).toBeLessThanOrEqual(most)
  await expect(log.append({ type: 'title', name: 'Too late' })).rejects.toMatchObject({
    code: 'RATE_LIMITED',
  })
  expect(log.state.name).toBe('Late')
  expect(warnings).toEqual(['control-log-nearly-full'])
})
