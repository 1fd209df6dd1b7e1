import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ApiServer } from './api-server.ts'

let server: ApiServer
let id: string
let room: string

beforeEach(async () => {
  server = await ApiServer.start()
  id = (await server.call('POST', '/api/v1/rooms', { name: 'harbour' })).json().id
  room = `/api/v1/rooms/${id}`
  for (const text of ['one', 'two', 'three one']) {
    await server.call('POST', `${room}/messages`, { text })
  }
})
afterEach(() => server.close())

describe('messages', () => {
  test('carry a timer, an answer and a place to the engine', async () => {
    const location = { latitude: 53.5, longitude: -9.9, accuracy: 20, label: 'pump' }
    const options = { replyTo: 'm1', expiresIn: 60_000, location }
    await server.call('POST', `${room}/messages`, { text: 'here', ...options })
    expect(server.engine.sent.at(-1)).toEqual(options)
    const placeAlone = await server.call('POST', `${room}/messages`, { text: '', location })
    expect(placeAlone.status).toBe(201)
    const nothing = await server.call('POST', `${room}/messages`, { text: '' })
    expect([nothing.status, nothing.json().error.message]).toEqual([
      400,
      '"text" must not be empty without a location.',
    ])
  })

  test('all that a message can show passes through', async () => {
    const full = {
      ...server.engine.message('full', 'hi'),
      editedAt: 5,
      reactions: [{ emoji: '👍', count: 2, own: true }],
      expiresAt: 6,
      mentions: ['e'.repeat(64)],
      mentioned: true,
      location: { latitude: 1, longitude: 2 },
      pinned: true,
      kind: 'location',
    } as const
    server.engine.add(id, [full])
    const page = (await server.call('GET', `${room}/messages?limit=1`)).json()
    expect(page.messages).toEqual([full])
  })

  test('are edited, deleted, hidden and shown again', async () => {
    const edited = await server.call('PATCH', `${room}/messages/m1`, { text: 'uno' })
    expect(edited.json()).toMatchObject({ id: 'm1', text: 'uno', editedAt: expect.any(Number) })
    expect((await server.call('DELETE', `${room}/messages/m1`)).json()).toEqual({})
    await server.call('PUT', `${room}/messages/m2/hidden`, { on: true })
    await server.call('PUT', `${room}/messages/m2/hidden`, { on: false })
    expect(server.engine.hidden).toEqual([
      ['m1', undefined],
      ['m2', true],
      ['m2', false],
    ])
    const unknown = await server.call('PATCH', `${room}/messages/m99`, { text: 'x' })
    expect([unknown.status, unknown.json().error.code]).toEqual([404, 'NOT_FOUND'])
  })

  test('get reactions and lose them', async () => {
    const path = `${room}/messages/m1/reactions/${encodeURIComponent('👍🏽')}`
    expect((await server.call('PUT', path)).json()).toMatchObject({
      reactions: [{ emoji: '👍🏽', count: 1, own: true }],
    })
    expect((await server.call('DELETE', path)).json()).toMatchObject({ reactions: [] })
  })

  test('are pinned, listed and unpinned', async () => {
    await server.call('PUT', `${room}/pins/m2`)
    expect((await server.call('GET', `${room}/pins`)).json()).toMatchObject([
      { id: 'm2', pinned: true },
    ])
    await server.call('DELETE', `${room}/pins/m2`)
    expect((await server.call('GET', `${room}/pins`)).json()).toEqual([])
  })
})

describe('search', () => {
  test('finds, marks, pages, and keeps to a room that is named as people name it', async () => {
    const first = (await server.call('GET', '/api/v1/search?words=one&limit=1')).json()
    expect(first).toEqual({
      hits: [{ roomId: id, message: expect.objectContaining({ id: 'm3' }), marks: [[6, 9]] }],
      after: '1',
    })
    const rest = await server.call('GET', '/api/v1/search?words=one&limit=1&after=1&room=harbour')
    expect(rest.json()).toMatchObject({ hits: [{ message: { id: 'm1' }, marks: [[0, 3]] }] })
    expect(server.engine.searched.at(-1)).toEqual(['one', { limit: 1, after: '1', room: id }])
    const nowhere = await server.call('GET', '/api/v1/search?words=one&room=quay')
    expect(nowhere.status).toBe(404)
  })

  test.each([
    '',
    'words=',
    'words=a&limit=0',
    'words=a&limit=101',
    'words=a&words=b',
    'words=a&x=1',
  ])('?%s is refused', async (query) => {
    const answer = await server.call('GET', `/api/v1/search?${query}`)
    expect([answer.status, answer.json().error.code]).toEqual([400, 'BAD_REQUEST'])
  })
})
