import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ApiServer } from './api-server.ts'

let server: ApiServer

beforeAll(async () => {
  server = await ApiServer.start()
  await server.call('POST', '/api/v1/rooms', { name: 'r' })
  await server.call('POST', '/api/v1/rooms/r/messages', { text: 'x' })
  server.engine.meet('b0'.repeat(32), 'Bob')
})
afterAll(() => server.close())

const long = (length: number): string => 'x'.repeat(length)

describe('what does not fit is refused in words', () => {
  test.each<[method: string, path: string, body: unknown, words: string]>([
    ['POST', '/rooms', {}, '"name" is missing.'],
    ['POST', '/rooms', { name: '' }, '"name" must not be empty.'],
    ['POST', '/rooms', { name: 7 }, '"name" must be a text.'],
    ['POST', '/rooms', { name: long(1025) }, '"name" is too long: at most 1024 characters.'],
    ['POST', '/rooms', { name: 'a', colour: 1 }, '"colour" means nothing at this address.'],
    ['POST', '/rooms', [], 'The request must be a JSON object.'],
    ['PATCH', '/rooms/r/settings', {}, 'The request must hold something.'],
    [
      'PATCH',
      '/rooms/r/settings',
      { history: 'none' },
      '"history" must be one of "all", "joined".',
    ],
    ['PATCH', '/rooms/r/settings', { keepFor: 0 }, '"keepFor" must be at least 1.'],
    ['PATCH', '/rooms/r/settings', { keepFor: '1d' }, '"keepFor" must be a whole number or null.'],
    [
      'PATCH',
      '/rooms/r/settings',
      { rotateEvery: 1e15 },
      '"rotateEvery" must be at most 315360000000.',
    ],
    [
      'PATCH',
      '/rooms/r/settings',
      { rotateEvery: 3_599_999 },
      '"rotateEvery" must be at least 3600000.',
    ],
    [
      'PATCH',
      '/rooms/r/settings',
      { disappearAfter: 999 },
      '"disappearAfter" must be at least 1000.',
    ],
    ['PUT', '/rooms/r/draft', {}, '"text" is missing.'],
    [
      'POST',
      '/rooms/r/invites',
      { role: 'admin' },
      '"role" must be one of "moderator", "member", "reader".',
    ],
    ['POST', '/rooms/r/invites', { uses: 1.5 }, '"uses" must be a whole number.'],
    [
      'PUT',
      '/rooms/r/members/Bob/role',
      { role: 'king' },
      '"role" must be one of "admin", "moderator", "member", "reader".',
    ],
    ['PUT', '/rooms/r/members/Bob/mute', { on: 1 }, '"on" must be true or false.'],
    ['PUT', '/rooms/r/members/Bob/ban', {}, '"on" is missing.'],
    [
      'POST',
      '/rooms/r/messages',
      { text: 'x', expiresIn: 999 },
      '"expiresIn" must be at least 1000.',
    ],
    [
      'POST',
      '/rooms/r/messages',
      { text: 'x', location: { latitude: 91, longitude: 0 } },
      '"location.latitude" must be at most 90.',
    ],
    [
      'POST',
      '/rooms/r/messages',
      { text: 'x', location: { latitude: 9 } },
      '"longitude" is missing.',
    ],
    ['PATCH', '/rooms/r/messages/m1', { text: '' }, '"text" must not be empty.'],
    ['PUT', '/rooms/r/messages/m1/hidden', {}, '"on" is missing.'],
    [
      'PUT',
      `/rooms/r/messages/m1/reactions/${long(65)}`,
      undefined,
      '"emoji" is too long: at most 64 characters.',
    ],
    [
      'PUT',
      `/rooms/r/pins/${long(257)}`,
      undefined,
      '"message" is too long: at most 256 characters.',
    ],
    ['DELETE', `/rooms/${long(1025)}`, undefined, '"room" is too long: at most 1024 characters.'],
    ['PUT', '/people/Bob/verification', {}, 'The request must hold something.'],
    [
      'PUT',
      '/people/Bob/verification',
      { code: '1', confirmed: true },
      'The request must hold no more than 1 of its fields at a time.',
    ],
    ['PUT', '/people/Bob/verification', { confirmed: false }, '"confirmed" must be true.'],
    ['POST', '/devices/pairing', { confirm: 'yes' }, '"confirm" must be true or false.'],
    ['POST', '/devices/pairing/answer', {}, '"accept" is missing.'],
    ['POST', '/devices/pair', {}, '"code" is missing.'],
    ['PUT', '/identity/avatar', { image: '!!!!' }, '"image" is not written as it has to be.'],
    [
      'PUT',
      '/identity/avatar',
      { image: long(32_769) },
      '"image" is too long: at most 32768 characters.',
    ],
    ['PUT', '/identity/receipts', { on: null }, '"on" must be true or false.'],
    ['GET', '/search?words=x&limit=none', undefined, '"limit" must be a whole number.'],
  ])('%s %.40s %.60j', async (method, path, body, words) => {
    const answer = await server.call(method, `/api/v1${path}`, body)
    expect([answer.status, answer.json()]).toEqual([
      400,
      { error: { code: 'BAD_REQUEST', message: words } },
    ])
  })

  test('what does not fit changes nothing', () => {
    expect(server.engine.moderated).toEqual([])
    expect(server.engine.invited).toEqual([])
  })

  test('of a long name that makes no sense only the beginning comes back', async () => {
    const answer = await server.call('POST', '/api/v1/rooms', { name: 'a', [long(5000)]: 1 })
    expect(answer.json().error.message.length).toBeLessThan(120)
  })
})

test.each([
  ['a body that is no JSON', '{"name":'],
  ['a body that would touch prototypes', '{"name":"a","__proto__":{"x":1}}'],
])('%s', async (_what, body) => {
  const answer = await server.call('POST', '/api/v1/rooms', body)
  expect([answer.status, answer.json().error.code]).toEqual([400, 'BAD_REQUEST'])
})

test('a room called ".." is a room like any other', async () => {
  await server.call('POST', '/api/v1/rooms', { name: '..' })
  const answer = await server.call('GET', '/api/v1/rooms/../settings')
  expect(answer.json()).toMatchObject({ history: 'all' })
})
