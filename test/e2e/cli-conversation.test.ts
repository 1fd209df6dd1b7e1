import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { CliNode } from './cli-run.ts'
import { until } from './until.ts'

let node: CliNode
let room: string

beforeEach(async () => {
  node = await CliNode.start()
  room = (await node.json<{ id: string }>('room', 'create', 'harbour')).id
})
afterEach(() => node.close())

const shown = async (...flags: string[]): Promise<string> =>
  (await node.run(['messages', 'harbour', ...flags])).out

describe('what can be done with a message', () => {
  test('send with a timer, a place, both or a place alone', async () => {
    await node.json('send', 'harbour', 'Code', '4711', '--expires', '1h')
    await node.json('send', 'harbour', '--at', '53.5459,-9.9667', 'Water here')
    await node.json('send', 'harbour', '--at', '53.5459,-9.9667')
    const location = { latitude: 53.5459, longitude: -9.9667 }
    expect(node.engine.sent).toEqual([{ expiresIn: 3_600_000 }, { location }, { location }])
  })

  test('edit, of words and of standard input', async () => {
    await node.json('send', 'harbour', 'helo')
    expect(await node.json('edit', 'harbour', 'm1', 'hello', 'all')).toMatchObject({
      id: 'm1',
      text: 'hello all',
    })
    expect(await shown()).toMatch(/hello all {2}\[edited\] \[saved here\]/)
    await node.run(['edit', 'harbour', 'm1', '-'], { input: 'a\nb\n' })
    expect(await shown()).toMatch(/Ada: a\n {7}b {2}\[edited\]/)
    const { code, err } = await node.run(['edit', 'harbour', 'm9', 'x'])
    expect([code, err.slice(0, 17)]).toEqual([1, 'error: NOT_FOUND '])
  })

  test('delete, hide, unhide', async () => {
    for (const text of ['a', 'b']) await node.json('send', 'harbour', text)
    expect(await node.json('delete', 'harbour', 'm1')).toEqual({ id: 'm1' })
    expect(await shown()).toContain('(deleted by its author)')
    await node.json('hide', 'harbour', 'm2')
    await node.json('unhide', 'harbour', 'm2')
    expect(node.engine.hidden).toEqual([
      ['m1', undefined],
      ['m2', true],
      ['m2', false],
    ])
  })

  test('react and take it back', async () => {
    await node.json('send', 'harbour', 'a')
    const reactions = [{ emoji: '👍🏽', count: 1, own: true }]
    expect(await node.json('react', 'harbour', 'm1', '👍🏽')).toMatchObject({ reactions })
    const { out } = await node.run(['messages', 'harbour', '--json'])
    expect(JSON.parse(out)).toMatchObject({ id: 'm1', reactions })
    expect(await shown()).toContain('👍🏽 1 (you)')
    await node.json('react', 'harbour', 'm1', '👍🏽', '--off')
    expect(await shown()).not.toContain('👍')
  })

  test('pin, pins, unpin', async () => {
    for (const text of ['a', 'b']) await node.json('send', 'harbour', text)
    expect(await node.json('pin', 'harbour', 'm2')).toEqual({ id: 'm2', pinned: true })
    expect(await node.json('pins', 'harbour')).toMatchObject([{ id: 'm2', text: 'b' }])
    expect((await node.run(['pins', 'harbour'])).out).toMatch(/Ada: b {2}\[pinned\].* m2/)
    await node.json('unpin', 'harbour', 'm2')
    expect((await node.run(['pins', 'harbour'])).out).toBe('Nothing is pinned here.\n')
  })
})

describe('search', () => {
  beforeEach(async () => {
    await node.json('send', 'harbour', 'the', 'water', 'pump')
    await node.json('room', 'create', 'quay')
    await node.json('send', 'quay', `${'far '.repeat(60)}water pump`)
  })

  test('one JSON document; a line each for people, around what was found', async () => {
    expect(await node.json('search', 'water', 'pump')).toMatchObject({
      hits: [{ message: { id: 'm1' } }, { roomId: room, marks: [[4, 14]] }],
    })
    const { out } = await node.run(['search', 'water', 'pump'], { terminal: true })
    const lines = out.replaceAll('\u001b', '').trim().split('\n')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/quay.*….*far \[1mwater pump\[22m/)
    expect(lines[1]).toMatch(/harbour.*the \[1mwater pump/)
  })

  test('in one room, page by page', async () => {
    expect(await node.json('search', 'water', '--room', 'harbour')).toMatchObject({
      hits: [{ roomId: room }],
    })
    const first = await node.json<{ after: string }>('search', 'water', '--limit', '1')
    const rest = await node.json('search', 'water', '--limit', '1', '--after', first.after)
    expect(rest).toMatchObject({ hits: [{ roomId: room }] })
    expect((await node.run(['search', 'nothing'])).out).toBe('Nothing was found on this device.\n')
  })
})

describe('messages for people', () => {
  test('each says what is to be known of it', async () => {
    const of = node.engine.message.bind(node.engine)
    const delivery = (state: 'carried' | 'delivered' | 'read', devices: number): object => ({
      delivery: { state, devices },
    })
    node.engine.add(room, [
      { ...of('a', 'carried'), ...delivery('carried', 1) },
      { ...of('b', 'delivered'), ...delivery('delivered', 3) },
      { ...of('c', 'seen'), ...delivery('read', 2) },
      { ...of('d', ''), kind: 'hidden', own: false },
      { ...of('e', ''), kind: 'expired', own: false },
      { ...of('f', ''), kind: 'unknown', own: false },
      { ...of('g', 'soon gone'), expiresAt: Date.now() + 330_000 },
      { ...of('h', 'hey'), own: false, mentioned: true },
      {
        ...of('i', ''),
        kind: 'location',
        location: { latitude: 1.5, longitude: -2, accuracy: 19.2, label: 'pump\u001b[2J' },
      },
    ])
    const out = await shown()
    for (const words of [
      'carried  [carried by 1 device]',
      'delivered  [delivered to 3 devices]',
      'seen  [read by 2]',
      '(hidden by a moderator)\n',
      '(disappeared: its time was up)\n',
      'update Porchlight',
      'soon gone  [disappears in 5 min]',
      '(to you) hey',
      '@ 1.50000, -2.00000 ±20 m (pump [2J)',
    ]) {
      expect(out).toContain(words)
    }
  })

  test('an author whom another resembles is shown with the beginning of the id', async () => {
    const bob = node.engine.meet('b0'.repeat(32), 'Bob', { confusable: true })
    const said = { ...node.engine.message('a', 'hi'), own: false, authorName: 'Bob' }
    node.engine.add(room, [{ ...said, author: bob.id }])
    expect(await shown()).toContain('Bob #b0b0b0b0: hi')
  })

  test('--read marks them without a terminal, as they come too', async () => {
    await node.json('send', 'harbour', 'a')
    await node.run(['messages', 'harbour', '--json', '--read'])
    expect(node.engine.read).toEqual([[room, 'm1']])
    const call = node.call(['messages', 'harbour', '--json', '--read', '--follow'])
    await until(() => node.engine.read.length === 2)
    await node.json('send', 'harbour', 'b')
    await until(() => node.engine.read.length === 3)
    expect(node.engine.read.at(-1)).toEqual([room, 'm2'])
    call.interrupt()
    expect((await call.done).code).toBe(0)
  })

  test('a warning about a key is not to be missed', async () => {
    node.engine.meet('b0'.repeat(32), 'Bob')
    node.engine.people.warn('b0'.repeat(32), 'key-changed')
    const { err } = await node.run(['messages', 'harbour'], { terminal: true })
    expect(err).toContain('1 warning about a key: see `porchlight warnings`.')
    expect((await node.run(['status'])).out).toContain('1 warning about a key')
  })
})
