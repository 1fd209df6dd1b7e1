import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ApiServer } from './api-server.ts'

const NODE = 'ab'.repeat(32)
let server: ApiServer
let room: string

beforeEach(async () => {
  server = await ApiServer.start()
  room = (await server.engine.createRoom('harbour')).id
  server.engine.mirrors.offer({ id: NODE, name: 'library' })
})
afterEach(() => server.close())

const json = async (method: string, path: string, body?: object): Promise<[number, unknown]> => {
  const { status, text } = await server.call(method, `/api/v1${path}`, body)
  return [status, text === '' ? null : JSON.parse(text)]
}

describe('blind peers', () => {
  test('nodes that offer space are listed', async () => {
    expect(await json('GET', '/nodes')).toEqual([
      200,
      [
        {
          id: NODE,
          name: 'library',
          transport: 'lan',
          free: 1e9,
          relays: false,
          paired: false,
          rooms: [],
        },
      ],
    ])
  })

  test('are added to a room, listed and taken away, by name or the beginning of an id', async () => {
    const added = await json('POST', '/rooms/harbour/mirrors', { node: 'library' })
    expect(added).toMatchObject([201, { room, node: NODE, state: 'storing', behind: 3 }])
    server.engine.mirrors.change(NODE, { state: 'refused', reason: 'It is full.' })
    for (const path of ['/mirrors', `/rooms/${room}/mirrors`]) {
      expect(await json('GET', path)).toMatchObject([200, [{ reason: 'It is full.' }]])
    }
    expect(await json('DELETE', '/rooms/harbour/mirrors/other')).toMatchObject([
      404,
      { error: { code: 'NOT_FOUND' } },
    ])
    expect(await json('DELETE', '/rooms/harbour/mirrors/abab')).toEqual([204, null])
    expect(await json('GET', '/mirrors')).toEqual([200, []])
  })

  test('one that is not in reach is refused in words', async () => {
    expect(await json('POST', '/rooms/harbour/mirrors', { node: 'nobody' })).toMatchObject([
      404,
      { error: { code: 'NOT_FOUND' } },
    ])
    expect(await json('POST', '/rooms/harbour/mirrors', { node: '' })).toMatchObject([400, {}])
  })
})

describe('what this node does for others', () => {
  test('is shown, and each part changed by itself', async () => {
    const before = await json('GET', '/sharing')
    expect(before).toMatchObject([200, { neighbourhood: false, carry: true }])
    const changed = await json('PATCH', '/sharing', { neighbourhood: true, quota: 5e9 })
    expect(changed).toMatchObject([200, { neighbourhood: true, quota: 5e9, carry: true }])
    expect(await json('GET', '/sharing')).toEqual(changed)
  })

  test.each([{ quota: -1 }, { quota: 1.5 }, { carry: 'yes' }, { relays: true }])(
    'refuses %j',
    async (change) => {
      expect((await json('PATCH', '/sharing', change))[0]).toBe(400)
    },
  )

  test('what it holds is told, and deleted', async () => {
    const carried = { mirrors: 1, bytes: 10 }
    server.engine.mirrors.holding = { mirrors: 3, depositors: 2, bytes: 100, carried }
    expect(await json('GET', '/held')).toEqual([200, server.engine.mirrors.holding])
    expect(await json('DELETE', '/held?what=carried')).toMatchObject([200, { mirrors: 0 }])
    expect(server.engine.mirrors.dropped).toEqual(['carried'])
    expect((await json('DELETE', '/held?what=some'))[0]).toBe(400)
    expect((await json('DELETE', '/held'))[0]).toBe(400)
  })
})

describe('a directory', () => {
  test('is exchanged with, and the report given', async () => {
    const { mirrors } = server.engine
    mirrors.report = { ...mirrors.report, rooms: 2, problems: ['one file did not fit'] }
    expect(await json('POST', '/carry', { dir: '/media/stick' })).toMatchObject([
      200,
      { dir: '/media/stick', rooms: 2, problems: ['one file did not fit'] },
    ])
    expect(mirrors.carriedTo).toEqual(['/media/stick'])
  })

  test('has to be named from the root on, and never by the page', async () => {
    expect(await json('POST', '/carry', { dir: 'stick' })).toMatchObject([
      400,
      { error: { code: 'BAD_REQUEST' } },
    ])
    const authorization = `Bearer ${server.credentials.pageToken}`
    const asPage = await server.call(
      'POST',
      '/api/v1/carry',
      { dir: '/media/stick' },
      { authorization },
    )
    expect([asPage.status, asPage.json().error.code]).toEqual([403, 'FORBIDDEN'])
    expect(server.engine.mirrors.carriedTo).toEqual([])
  })
})
