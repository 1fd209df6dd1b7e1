import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Envelope } from '../../core/crypto/envelope.ts'
import { seededRandom } from '../../core/random.ts'
import { StateFile } from '../../core/state-file.ts'

const envelope = new Envelope(Buffer.alloc(32, 7), 'state', seededRandom(1))
const plainState = JSON.stringify({
  version: 1,
  name: 'Ada',
  named: true,
  rooms: [],
  addresses: {},
})

let path = ''

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'porchlight-state-')), 'state.json')
})

afterEach(async () => {
  await rm(join(path, '..'), { recursive: true, force: true })
})

describe('the state file', () => {
  test('is sealed, and read as it was written', async () => {
    const file = await StateFile.open(path, { envelope, name: 'Ada Canary' })
    await file.save()
    expect((await readFile(path)).includes('Canary')).toBe(false)
    expect((await StateFile.open(path, { envelope })).state).toEqual(file.state)
  })

  test('an older one in clear is sealed, and its bytes are overwritten', async () => {
    await writeFile(path, plainState)
    const old = await open(path, 'r')
    const { state } = await StateFile.open(path, { envelope, plain: true })
    expect(state).toMatchObject({ name: 'Ada', left: [], suspect: [] })
    expect((await readFile(path)).includes('Ada')).toBe(false)
    expect((await old.readFile()).every((byte) => byte === 0)).toBe(true)
    await old.close()
    expect((await StateFile.open(path, { envelope })).state.name).toBe('Ada')
  })

  test('one in clear is refused where a passphrase guards the device', async () => {
    await writeFile(path, plainState)
    await expect(StateFile.open(path, { envelope })).rejects.toMatchObject({ code: 'DAMAGED' })
    expect(await readFile(path, 'utf8')).toBe(plainState)
  })

  test('keeps what is done for others and of the nodes that hold rooms, and leaves out what makes no sense', async () => {
    const file = await StateFile.open(path, { envelope, name: 'Ada' })
    const node = 'ab'.repeat(32)
    const place = `${'cd'.repeat(16)}/${node}`
    const made = {
      sharing: { neighbourhood: true, quota: -5, carry: 'yes', other: 1 },
      nodes: { [node]: { name: 'Hall', seen: 4, relay: 'no key' }, short: { name: '', seen: 1 } },
      places: {
        [place]: { held: 3, bytes: 9, until: 'late', ended: true },
        [`${place}0`]: { held: 3 },
      },
    }
    file.state.mirrors = made as never
    await file.save()
    expect((await StateFile.open(path, { envelope })).state.mirrors).toEqual({
      sharing: { neighbourhood: true },
      nodes: { [node]: { name: 'Hall', seen: 4 } },
      places: { [place]: { held: 3, bytes: 9, until: null, ended: true } },
    })
  })

  test('keeps what was decided about files, and leaves out what makes no sense', async () => {
    const file = await StateFile.open(path, { envelope, name: 'Ada' })
    file.state.files = { quota: 5, policy: { keepFor: 1 } }
    await file.save()
    expect((await StateFile.open(path, { envelope })).state.files).toEqual({ quota: 5 })
  })

  test('an altered one is DAMAGED', async () => {
    await (await StateFile.open(path, { envelope, name: 'Ada' })).save()
    const whole = await readFile(path)
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.byteLength - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, xor) => {
          const altered = Buffer.from(whole)
          altered[at]! ^= xor
          await writeFile(path, altered)
          for (const plain of [false, true]) {
            const opening = StateFile.open(path, { envelope, plain })
            await expect(opening).rejects.toMatchObject({ code: 'DAMAGED' })
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})
