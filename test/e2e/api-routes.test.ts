import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ApiServer, type Answer } from './api-server.ts'
import { until } from './until.ts'

let server: ApiServer

beforeEach(async () => {
  server = await ApiServer.start()
})
afterEach(() => server.close())

describe('session', () => {
  const trade = (code: string): Promise<Answer> => server.plain('POST', '/api/v1/session', { code })

  test('a link opens the page once', async () => {
    const { url } = (await server.call('POST', '/api/v1/link')).json()
    const code = /^http:\/\/127\.0\.0\.1:(\d+)\/#code=([\w-]+)$/.exec(url)!
    expect(Number(code[1])).toBe(server.port)
    const first = await trade(code[2]!)
    expect(first.json()).toEqual({ token: server.credentials.pageToken })
    const second = await trade(code[2]!)
    expect(second.status).toBe(401)
    expect(second.json().error.message).toContain('porchlight open')
  })

  test('guessing is cut off', async () => {
    const answers: number[] = []
    for (let i = 0; i < 25; i++) answers.push((await trade('guess')).status)
    expect(answers[0]).toBe(401)
    expect(answers.at(-1)).toBe(503)
  })

  test('another site can not trade a code', async () => {
    const code = server.credentials.issueCode()
    const origin = 'http://evil.example'
    const answer = await server.plain('POST', '/api/v1/session', { code }, { origin })
    expect(answer.status).toBe(403)
    expect((await trade(code)).status).toBe(200)
  })
})

describe('node', () => {
  test('status, doctor, profile', async () => {
    expect((await server.call('GET', '/api/v1/status')).json()).toMatchObject({
      name: 'Ada',
      storage: { quota: null },
    })
    expect((await server.call('GET', '/api/v1/doctor')).json()).toHaveLength(1)
    const renamed = await server.call('PUT', '/api/v1/profile', { name: ' Grace ' })
    expect(renamed.json()).toEqual({ name: 'Grace' })
  })

  test('stop answers, then stops', async () => {
    expect((await server.call('POST', '/api/v1/stop')).status).toBe(200)
    await until(() => server.stopped)
  })

  test('OpenAPI names every route with its schemas', async () => {
    const api = (await server.call('GET', '/api/v1/openapi.json')).json()
    expect(api.openapi).toMatch(/^3\.1/)
    expect(Object.keys(api.paths).sort()).toEqual([
      '/api/v1/carry',
      '/api/v1/devices',
      '/api/v1/devices/pair',
      '/api/v1/devices/pairing',
      '/api/v1/devices/pairing/answer',
      '/api/v1/devices/{device}',
      '/api/v1/doctor',
      '/api/v1/events',
      '/api/v1/file-policy',
      '/api/v1/file-storage',
      '/api/v1/held',
      '/api/v1/identity',
      '/api/v1/identity/avatar',
      '/api/v1/identity/backup',
      '/api/v1/identity/phrase',
      '/api/v1/identity/receipts',
      '/api/v1/join',
      '/api/v1/link',
      '/api/v1/lock',
      '/api/v1/mirrors',
      '/api/v1/nodes',
      '/api/v1/passphrase',
      '/api/v1/people/{person}/block',
      '/api/v1/people/{person}/verification',
      '/api/v1/profile',
      '/api/v1/rooms',
      '/api/v1/rooms/{room}',
      '/api/v1/rooms/{room}/draft',
      '/api/v1/rooms/{room}/file-policy',
      '/api/v1/rooms/{room}/files',
      '/api/v1/rooms/{room}/files/{file}',
      '/api/v1/rooms/{room}/files/{file}/cancel',
      '/api/v1/rooms/{room}/files/{file}/content',
      '/api/v1/rooms/{room}/files/{file}/contents',
      '/api/v1/rooms/{room}/files/{file}/fetch',
      '/api/v1/rooms/{room}/files/{file}/get',
      '/api/v1/rooms/{room}/files/{file}/pass',
      '/api/v1/rooms/{room}/files/{file}/pause',
      '/api/v1/rooms/{room}/files/{file}/resume',
      '/api/v1/rooms/{room}/invites',
      '/api/v1/rooms/{room}/invites/{invite}',
      '/api/v1/rooms/{room}/members',
      '/api/v1/rooms/{room}/members/{member}',
      '/api/v1/rooms/{room}/members/{member}/ban',
      '/api/v1/rooms/{room}/members/{member}/mute',
      '/api/v1/rooms/{room}/members/{member}/role',
      '/api/v1/rooms/{room}/messages',
      '/api/v1/rooms/{room}/messages/{message}',
      '/api/v1/rooms/{room}/messages/{message}/hidden',
      '/api/v1/rooms/{room}/messages/{message}/reactions/{emoji}',
      '/api/v1/rooms/{room}/mirrors',
      '/api/v1/rooms/{room}/mirrors/{node}',
      '/api/v1/rooms/{room}/pins',
      '/api/v1/rooms/{room}/pins/{message}',
      '/api/v1/rooms/{room}/read',
      '/api/v1/rooms/{room}/settings',
      '/api/v1/rooms/{room}/uploads',
      '/api/v1/search',
      '/api/v1/session',
      '/api/v1/sharing',
      '/api/v1/status',
      '/api/v1/stop',
      '/api/v1/transports',
      '/api/v1/transports/{id}',
      '/api/v1/transports/{id}/dial',
      '/api/v1/unlock',
      '/api/v1/warnings',
      '/api/v1/warnings/{warning}',
      '/api/v1/wipe',
    ])
    const send = api.paths['/api/v1/rooms/{room}/messages']?.['post']
    const schema = send?.requestBody.content['application/json']?.schema
    expect(schema?.properties['text']?.type).toBe('string')
  })
})

describe('transports', () => {
  test('list, off, on, dial', async () => {
    const list = (await server.call('GET', '/api/v1/transports')).json()
    expect(list).toEqual([{ id: 'lan', state: 'on', peers: 0, addresses: ['192.0.2.7:4748'] }])
    const off = await server.call('PUT', '/api/v1/transports/lan', { on: false })
    expect(off.json().state).toBe('off')
    await server.call('POST', '/api/v1/transports/lan/dial', { address: '192.0.2.9:1' })
    expect(server.engine.dialled).toEqual(['192.0.2.9:1'])
  })

  test('an unknown one is named as such', async () => {
    const answer = await server.call('PUT', '/api/v1/transports/smoke', { on: true })
    expect(answer.status).toBe(404)
    expect(answer.json().error.message).toContain('lan')
  })
})

describe('rooms', () => {
  const create = async (name: string): Promise<{ id: string }> =>
    (await server.call('POST', '/api/v1/rooms', { name })).json()

  test('created, listed, found by id, prefix and name, left', async () => {
    const { id } = await create('Harbour / quay')
    expect((await server.call('GET', '/api/v1/rooms')).json()).toMatchObject([{ id, unread: 0 }])
    for (const reference of [id, id.slice(0, 6), 'Harbour / quay']) {
      const path = `/api/v1/rooms/${encodeURIComponent(reference)}/members`
      expect((await server.call('GET', path)).json()).toMatchObject([{ self: true, role: 'admin' }])
    }
    expect((await server.call('DELETE', `/api/v1/rooms/${id}`)).status).toBe(200)
    expect((await server.call('GET', '/api/v1/rooms')).json()).toEqual([])
  })

  test('an ambiguous reference lists the candidates', async () => {
    const rooms = [await create('same'), await create('same')]
    const answer = await server.call('GET', '/api/v1/rooms/same/members')
    expect(answer.status).toBe(409)
    for (const { id } of rooms) expect(answer.json().error.message).toContain(id.slice(0, 12))
  })

  test('invites carry their options; nothing else passes the schema', async () => {
    const { id } = await create('a')
    const path = `/api/v1/rooms/${id}/invites`
    const options = { role: 'reader', uses: 2, expiresIn: 60_000 }
    expect((await server.call('POST', path, options)).json()).toEqual({
      invite: `porchlight:${id}`,
    })
    expect(server.engine.invited).toEqual([options])
    for (const bad of [
      { role: 'admin' },
      { uses: 0 },
      { uses: '1' },
      { expiresIn: -1 },
      { x: 1 },
    ]) {
      const answer = await server.call('POST', path, bad)
      expect([answer.status, answer.json().error.code]).toEqual([400, 'BAD_REQUEST'])
    }
  })

  test('join gives the room and its state, and names a bad invite', async () => {
    const { id } = await create('a')
    const joined = await server.call('POST', '/api/v1/join', { invite: `porchlight:${id}` })
    expect(joined.json()).toMatchObject({ id, state: 'waiting' })
    const bad = await server.call('POST', '/api/v1/join', { invite: 'nonsense' })
    expect([bad.status, bad.json().error.code]).toEqual([400, 'BAD_INVITE'])
  })
})

describe('messages', () => {
  test('sent, paged, replied to, read', async () => {
    const { id } = (await server.call('POST', '/api/v1/rooms', { name: 'a' })).json()
    const path = `/api/v1/rooms/${id}/messages`
    for (let i = 1; i <= 5; i++) await server.call('POST', path, { text: `t${i}` })
    const sent = await server.call('POST', path, { text: '<img onerror=1>\u0000', replyTo: 'm1' })
    expect(sent.status).toBe(201)
    expect(sent.json()).toMatchObject({ id: 'm6', text: '<img onerror=1>\u0000', replyTo: 'm1' })
    const page = (await server.call('GET', `${path}?limit=2&before=m4`)).json()
    expect(page.messages.map((message: { id: string }) => message.id)).toEqual(['m2', 'm3'])
    expect(page.more).toBe(true)
    const next = (await server.call('GET', `${path}?limit=2&after=m4`)).json()
    expect(next.messages.map((message: { id: string }) => message.id)).toEqual(['m5', 'm6'])
    await server.call('PUT', `/api/v1/rooms/${id}/read`, { messageId: 'm4' })
    await server.call('PUT', `/api/v1/rooms/${id}/read`, undefined, {
      'content-type': 'application/json',
    })
    await server.call('PUT', `/api/v1/rooms/${id}/read`)
    expect(server.engine.read).toEqual([
      [id, 'm4'],
      [id, undefined],
      [id, undefined],
    ])
  })

  test.each(['limit=0', 'limit=501', 'limit=x', 'limit=1&limit=2', 'before=', 'other=1'])(
    '?%s is refused',
    async (query) => {
      const { id } = (await server.call('POST', '/api/v1/rooms', { name: 'a' })).json()
      const answer = await server.call('GET', `/api/v1/rooms/${id}/messages?${query}`)
      expect([answer.status, answer.json().error.code]).toEqual([400, 'BAD_REQUEST'])
    },
  )
})
