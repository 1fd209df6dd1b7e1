import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ApiServer } from './api-server.ts'

let server: ApiServer
let room: string

beforeEach(async () => {
  server = await ApiServer.start()
  const made = await server.call('POST', '/api/v1/rooms', { name: 'harbour' })
  room = `/api/v1/rooms/${made.json().id}`
})
afterEach(() => server.close())

const BOB = 'b0'.repeat(32)
const BOT = `b0${'b1'.repeat(31)}`
const MALLORY = 'c0'.repeat(32)

describe('rules of a room', () => {
  test('one room and its settings are read and changed, each by itself', async () => {
    expect((await server.call('GET', '/api/v1/rooms/harbour')).json()).toMatchObject({
      name: 'harbour',
      state: 'joined',
      mentions: 0,
    })
    const off = { history: 'all', rotateEvery: null, keepFor: null, disappearAfter: null }
    expect((await server.call('GET', `${room}/settings`)).json()).toEqual(off)
    const change = { history: 'joined', keepFor: 86_400_000 }
    const changed = await server.call('PATCH', `${room}/settings`, change)
    expect(changed.json()).toEqual({ ...off, ...change })
    const back = await server.call('PATCH', `${room}/settings`, { keepFor: null })
    expect(back.json()).toEqual({ ...off, history: 'joined' })
  })

  test('a draft is kept, given back and forgotten', async () => {
    expect((await server.call('GET', `${room}/draft`)).json()).toEqual({ text: '' })
    await server.call('PUT', `${room}/draft`, { text: 'half a sent' })
    expect((await server.call('GET', `${room}/draft`)).json()).toEqual({ text: 'half a sent' })
    await server.call('PUT', `${room}/draft`, { text: '' })
    expect((await server.call('GET', `${room}/draft`)).json()).toEqual({ text: '' })
  })
})

describe('invites', () => {
  test('are listed, and revoked by the beginning of their id', async () => {
    await server.call('POST', `${room}/invites`, { uses: 2 })
    await server.call('POST', `${room}/invites`, { role: 'reader' })
    const [first, second] = server.engine.invites(room.slice(14))
    expect((await server.call('GET', `${room}/invites`)).json()).toMatchObject([
      { id: first!.id, role: 'member', used: 0, uses: 2, expiresAt: null, state: 'open' },
      { id: second!.id, role: 'reader', uses: null },
    ])
    const ended = await server.call('DELETE', `${room}/invites/${second!.id.slice(0, 4)}`)
    expect(ended.json()).toMatchObject({ id: second!.id, state: 'revoked' })
    const shared = await server.call('DELETE', `${room}/invites/c`)
    expect([shared.status, shared.json().error.code]).toEqual([409, 'AMBIGUOUS'])
    const unknown = await server.call('DELETE', `${room}/invites/0000`)
    expect([unknown.status, unknown.json().error.code]).toEqual([404, 'NOT_FOUND'])
  })
})

describe('members', () => {
  beforeEach(() => {
    server.engine.meet(BOB, 'Bob')
    server.engine.meet(BOT, 'Bot')
  })

  test('show what is known of each', async () => {
    server.engine.meet(MALLORY, 'Mallory', { avatar: 'data:image/png;base64,AA==', muted: true })
    expect((await server.call('GET', `${room}/members`)).json()).toMatchObject([
      { self: true, verified: false },
      { id: BOB, confusable: false },
      { id: BOT },
      { id: MALLORY, avatar: 'data:image/png;base64,AA==', muted: true, blocked: false },
    ])
  })

  test.each([
    ['PUT', '/role', { role: 'moderator' }, { act: 'role', role: 'moderator' }],
    ['PUT', '/mute', { on: true }, { act: 'mute', on: true }],
    ['PUT', '/mute', { on: false }, { act: 'mute', on: false }],
    ['PUT', '/ban', { on: true }, { act: 'ban', on: true }],
    ['DELETE', '', undefined, { act: 'remove' }],
  ])('%s member%s %j', async (method, path, body, act) => {
    for (const reference of [BOB, 'Bob', BOB.slice(0, 4)]) {
      const answer = await server.call(method, `${room}/members/${reference}${path}`, body)
      expect(answer.json()).toEqual({ id: BOB, name: 'Bob' })
    }
    expect(server.engine.moderated).toEqual([1, 2, 3].map(() => [BOB, act]))
  })

  test('an id that two share is refused with both', async () => {
    const answer = await server.call('DELETE', `${room}/members/b0`)
    expect([answer.status, answer.json().error.code]).toEqual([409, 'AMBIGUOUS'])
    for (const id of [BOB, BOT]) expect(answer.json().error.message).toContain(id.slice(0, 12))
    expect(server.engine.moderated).toEqual([])
  })

  test('a name that another’s resembles is never enough; its id is', async () => {
    server.engine.meet(MALLORY, 'Вob', { confusable: true })
    server.engine.meet(BOB, 'Bob', { confusable: true })
    const byName = await server.call('PUT', `${room}/members/Bob/role`, { role: 'admin' })
    expect([byName.status, byName.json().error.code]).toEqual([409, 'AMBIGUOUS'])
    for (const id of [BOB, MALLORY]) {
      expect(byName.json().error.message).toContain(id.slice(0, 12))
    }
    const byId = await server.call('PUT', `${room}/members/${BOB}/role`, { role: 'admin' })
    expect(byId.status).toBe(200)
    expect(server.engine.moderated).toEqual([[BOB, { act: 'role', role: 'admin' }]])
  })

  test('who is gone can be unbanned by the whole id, and by nothing less', async () => {
    const gone = 'f'.repeat(64)
    const lifted = await server.call('PUT', `${room}/members/${gone}/ban`, { on: false })
    expect(lifted.json()).toEqual({ id: gone, name: '' })
    expect(server.engine.moderated).toEqual([[gone, { act: 'ban', on: false }]])
    const part = await server.call('PUT', `${room}/members/ffff/ban`, { on: false })
    expect(part.status).toBe(404)
    const mute = await server.call('PUT', `${room}/members/${gone}/mute`, { on: false })
    expect(mute.status).toBe(404)
  })
})
