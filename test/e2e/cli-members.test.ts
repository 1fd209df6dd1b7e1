import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { CliNode } from './cli-run.ts'

let node: CliNode
let room: string

beforeEach(async () => {
  node = await CliNode.start()
  room = (await node.json<{ id: string }>('room', 'create', 'harbour')).id
  node.engine.meet(BOB, 'Bob')
})
afterEach(() => node.close())

const BOB = 'b0'.repeat(32)
const MALLORY = 'c0'.repeat(32)

describe('member', () => {
  test('list: as `room members`, with what is known of each', async () => {
    node.engine.meet(BOB, 'Bob', { muted: true, verified: true })
    const listed = await node.json('member', 'list', 'harbour')
    expect(listed).toMatchObject([{ self: true }, { id: BOB, muted: true, verified: true }])
    expect(await node.json('room', 'members', 'harbour')).toEqual(listed)
    const { out } = await node.run(['member', 'list', 'harbour'])
    expect(out).toMatch(/Bob +member +0 +- +verified, muted/)
  })

  test.each([
    [['role', 'harbour', 'Bob', 'moderator'], { act: 'role', role: 'moderator' }],
    [['remove', 'harbour', 'Bob'], { act: 'remove' }],
    [['mute', 'harbour', 'Bob'], { act: 'mute', on: true }],
    [['unmute', 'harbour', 'Bob'], { act: 'mute', on: false }],
    [['ban', 'harbour', 'Bob'], { act: 'ban', on: true }],
    [['unban', 'harbour', BOB], { act: 'ban', on: false }],
  ])('%j', async (argv, act) => {
    expect(await node.json('member', ...argv)).toMatchObject({ id: BOB, name: 'Bob' })
    expect((await node.run(['member', ...argv])).out).toContain(`Bob (${BOB.slice(0, 12)})`)
    expect(node.engine.moderated).toEqual([
      [BOB, act],
      [BOB, act],
    ])
  })

  test('two whose names look the same are shown apart, and named by id alone', async () => {
    node.engine.meet(BOB, 'Bob', { confusable: true })
    node.engine.meet(MALLORY, 'Воb', { confusable: true })
    node.engine.meet('aa'.repeat(32), 'Eve', { confusable: true })
    const { out } = await node.run(['member', 'list', 'harbour'])
    expect(out).toContain('Bob #b0b0b0b0')
    expect(out).toContain('Воb #c0c0c0c0')
    const refused = await node.run(['member', 'remove', 'harbour', 'Bob'])
    expect([refused.code, refused.err.slice(0, 17)]).toEqual([1, 'error: AMBIGUOUS '])
    for (const id of [BOB, MALLORY]) expect(refused.err).toContain(id.slice(0, 12))
    expect(refused.err).not.toContain('Eve')
    expect(node.engine.moderated).toEqual([])
    expect((await node.run(['member', 'remove', 'harbour', 'c0c0'])).code).toBe(0)
    expect(node.engine.moderated).toEqual([[MALLORY, { act: 'remove' }]])
  })
})

describe('invite', () => {
  test('--list shows them, --revoke ends one', async () => {
    const invites = node.engine.invites.bind(node.engine)
    expect((await node.run(['invite', 'harbour', '--list'])).out).toContain('no invites')
    await node.json('invite', 'harbour', '--uses', '3')
    const [{ id }] = (await node.json('invite', 'harbour', '--list')) as [{ id: string }]
    expect(invites(room)).toMatchObject([{ id, uses: 3, state: 'open' }])
    const { out } = await node.run(['invite', 'harbour', '--list'])
    expect(out).toMatch(/member +Ada +0 of 3 +open +-/)
    expect(await node.json('invite', 'harbour', '--revoke', id.slice(0, 6))).toMatchObject({
      id,
      state: 'revoked',
    })
    expect(invites(room)).toMatchObject([{ id, state: 'revoked' }])
    expect((await node.run(['invite', 'harbour', '--revoke', 'ffff'])).err).toMatch(
      /^error: NOT_FOUND .*--list/,
    )
  })

  test('a room called "list" is invited to as any other', async () => {
    const { id } = await node.json<{ id: string }>('room', 'create', 'list')
    expect(await node.json('invite', 'list')).toEqual({ invite: `porchlight:${id}` })
  })

  test('--qr draws it', async () => {
    const { out } = await node.run(['invite', 'harbour', '--qr'])
    expect(out.split('\n').length).toBeGreaterThan(10)
    expect(out).toContain(`porchlight:${room}`)
  })
})

describe('room', () => {
  test('show and set: its rules', async () => {
    const off = { history: 'all', rotateEvery: null, keepFor: null, disappearAfter: null }
    expect(await node.json('room', 'show', 'harbour')).toMatchObject({
      id: room,
      name: 'harbour',
      settings: off,
    })
    const set = ['--history', 'joined', '--rotate', '7d', '--keep', '30d', '--disappear', '1d']
    const rules = {
      history: 'joined',
      rotateEvery: 604_800_000,
      keepFor: 2_592_000_000,
      disappearAfter: 86_400_000,
    }
    expect(await node.json('room', 'set', 'harbour', ...set)).toEqual(rules)
    const one = await node.json('room', 'set', 'harbour', '--keep', 'off')
    expect(one).toEqual({ ...rules, keepFor: null })
    const { out } = await node.run(['room', 'show', 'harbour'])
    expect(out).toMatch(/rotate +7 d\nkeep +off\ndisappear +1 d/)
  })

  test('list: what names you, and where you were removed', async () => {
    node.engine.alter(room, { unread: 5, mentions: 2 })
    const { id } = await node.json<{ id: string }>('room', 'create', 'quay')
    node.engine.alter(id, { state: 'removed' })
    const { out } = await node.run(['room', 'list'])
    expect(out).toMatch(/harbour +admin +1 +5 +2 +0/)
    expect(out).toMatch(/quay +removed +1 +- +- +0/)
  })

  test('one called ".." is reached by its name', async () => {
    const { id } = await node.json<{ id: string }>('room', 'create', '..')
    expect(await node.json('room', 'show', '..')).toMatchObject({ id })
  })
})
