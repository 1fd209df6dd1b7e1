import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { resolve } from 'node:path'
import type { MirrorView } from '../../core/mirror/api.ts'
import { CliNode } from './cli-run.ts'
import type { FakeMirrors } from './fake-mirrors.ts'

const NODE = 'ab'.repeat(32)
let node: CliNode
let mirrors: FakeMirrors

beforeEach(async () => {
  node = await CliNode.start()
  mirrors = node.engine.mirrors
  await node.engine.createRoom('harbour')
})
afterEach(() => node.close())

describe('mirror', () => {
  test('nodes shows who offers space, or how one is run', async () => {
    expect((await node.run(['mirror', 'nodes'])).out).toContain('--neighbourhood')
    mirrors.offer({ id: NODE, name: 'library', free: 2e9, paired: true })
    const { out } = await node.run(['mirror', 'nodes'])
    expect(out).toMatch(/abababababab +library +lan +2\.0 GB +yes/)
  })

  test('add, list and remove a room’s blind peer', async () => {
    mirrors.offer({ id: NODE, name: 'library' })
    const added = await node.json<MirrorView>('mirror', 'add', 'harbour', 'library')
    expect(added).toMatchObject({ node: NODE, state: 'storing' })
    expect(await node.json('mirror', 'list')).toMatchObject([{ node: NODE, behind: 3 }])
    mirrors.change(NODE, { state: 'refused', reason: 'It is full.', behind: 0 })
    const { out } = await node.run(['mirror', 'list', 'harbour'])
    expect(out).toMatch(/harbour +abababababab +library +refused/)
    expect(out).toContain('abababababab: It is full.')
    const removed = await node.run(['mirror', 'remove', 'harbour', 'library'])
    expect([removed.code, removed.out]).toEqual([0, expect.stringContaining('asked to delete')])
    expect((await node.run(['mirror', 'list'])).out).toContain('No room is mirrored')
  })

  test('says so where there is no such node', async () => {
    const { code, err } = await node.run(['mirror', 'add', 'harbour', 'library'])
    expect([code, err]).toEqual([1, expect.stringMatching(/^error: NOT_FOUND /)])
    expect((await node.run(['mirror', 'add', 'harbour', ''])).code).toBe(2)
  })

  test('offer, carry and relay are shown without a word, and switched with one', async () => {
    const shown = await node.run(['mirror', 'offer'])
    expect(shown.out).toMatch(/Offers space +no\nCarries +yes, up to 268 MB/)
    await node.run(['mirror', 'offer', 'on', '--quota', '5GB'])
    await node.run(['mirror', 'carry', 'off'])
    await node.run(['mirror', 'relay', 'off'])
    expect(mirrors.settings).toMatchObject({
      neighbourhood: true,
      quota: 5e9,
      carry: false,
      relay: false,
    })
    expect((await node.run(['mirror', 'carry', 'maybe'])).code).toBe(2)
  })

  test('held shows what is kept for others, and drops it', async () => {
    const carried = { mirrors: 1, bytes: 1e6 }
    mirrors.holding = { mirrors: 3, depositors: 2, bytes: 5e6, carried }
    const { out } = await node.run(['mirror', 'held'])
    expect(out).toMatch(/Mirrors +2 rooms of 2 depositors, 4\.0 MB\nCarries +1 room of strangers/)
    await node.run(['mirror', 'held', '--drop', 'carried'])
    expect(mirrors.dropped).toEqual(['carried'])
    expect((await node.run(['mirror', 'held', '--drop', 'some'])).code).toBe(2)
  })
})

describe('carry', () => {
  test('exchanges with a directory from where the person is, and tells what moved', async () => {
    mirrors.report = {
      rooms: 1,
      mirrors: 2,
      read: { records: 1, files: 0, bytes: 900 },
      written: { records: 0, files: 0, bytes: 0 },
      problems: ['“map.iso” does not fit: 2 GB are missing.'],
    }
    const { code, out, err } = await node.run(['carry', 'stick'])
    // What is missing must not pass for done.
    expect([code, err]).toEqual([1, expect.stringMatching(/^error: INCOMPLETE /)])
    expect(mirrors.carriedTo).toEqual([resolve('stick')])
    expect(out).toMatch(/^Exchanged 1 room and 2 mirrors of others with .*stick\./)
    expect(out).toMatch(/from it +1 record, 900 B\n +to it +nothing new/)
    expect(out).toContain('not done: “map.iso” does not fit')
    expect(out).toContain('The rest is written: it can be taken out now')
    mirrors.report = { ...mirrors.report, problems: [] }
    const whole = await node.run(['carry', 'stick'])
    expect([whole.code, whole.out]).toEqual([0, expect.stringContaining('All of it is written')])
    expect((await node.run(['carry', ''])).code).toBe(2)
  })
})

test('start says that --neighbourhood is there', async () => {
  expect((await node.run(['start', '-h'])).out).toContain('--neighbourhood')
})
