import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ApiServer } from './api-server.ts'
import { until } from './until.ts'

let server: ApiServer

beforeEach(async () => {
  server = await ApiServer.start()
})
afterEach(() => server.close())

/** Every route of the API with some parameters. */
async function routes(): Promise<[method: string, path: string][]> {
  const api = (await server.call('GET', '/api/v1/openapi.json')).json()
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method): [string, string] => [
      method.toUpperCase(),
      path.replaceAll(/\{\w+\}/g, 'x'),
    ]),
  )
}

/** What a locked node still does. */
const SERVED = [
  'GET /api/v1/status',
  'GET /api/v1/events',
  'POST /api/v1/session',
  'POST /api/v1/link',
  'POST /api/v1/lock',
  'POST /api/v1/unlock',
  'POST /api/v1/wipe',
  'POST /api/v1/stop',
]

describe('a locked node', () => {
  test('A24: answers 423 on every route but those that unlock or end it', async () => {
    server.atRest.isLocked = true
    server.atRest.passphrase = 'secret'
    server.atRest.isLocked = false
    const all = await routes()
    expect(all.length).toBeGreaterThan(30)
    server.atRest.isLocked = true
    for (const [method, path] of all) {
      if (SERVED.includes(`${method} ${path}`)) continue
      const type = path.endsWith('/uploads') ? { 'content-type': 'application/octet-stream' } : {}
      const body = method === 'GET' || method === 'HEAD' ? undefined : {}
      const { status, json } = await server.call(method, path, body, type)
      expect([method, path, status]).toEqual([method, path, 423])
      expect(method === 'HEAD' ? 'LOCKED' : json().error.code).toBe('LOCKED')
    }
    for (const path of ['/api/v1/rooms', '/api/v1/unlock', '/api/v1/wipe']) {
      expect((await server.plain('POST', path, {})).status).toBe(401)
    }
    expect((await server.call('GET', '/api/v1/status')).status).toBe(200)
    expect((await server.call('POST', '/api/v1/link')).status).toBe(200)
  })

  test('is locked with a passphrase to be, and unlocked with it', async () => {
    expect((await server.call('POST', '/api/v1/lock')).json().error.code).toBe('NOT_ALLOWED')
    const lock = await server.call('POST', '/api/v1/lock', { passphrase: 'a passphrase' })
    expect(lock.status).toBe(200)
    expect((await server.call('POST', '/api/v1/unlock', { passphrase: 'x' })).status).toBe(403)
    expect((await server.call('POST', '/api/v1/unlock', {})).status).toBe(400)
    const right = { passphrase: 'a passphrase' }
    expect((await server.call('POST', '/api/v1/unlock', right)).status).toBe(200)
    const change = { current: 'a passphrase', next: null }
    expect((await server.call('PUT', '/api/v1/passphrase', change)).status).toBe(200)
    expect(server.atRest.passphrase).toBeNull()
  })

  test('counts as used by what a person does, not by what a page reads', async () => {
    await server.call('GET', '/api/v1/status')
    await server.call('GET', '/api/v1/rooms')
    expect(server.atRest.uses).toBe(0)
    await server.call('POST', '/api/v1/rooms', { name: 'harbour' })
    expect(server.atRest.uses).toBe(1)
    await server.plain('POST', '/api/v1/rooms', { name: 'harbour' })
    expect(server.atRest.uses).toBe(1)
  })

  test('forgets the events that hold messages, and tells readers to begin anew', async () => {
    const { id } = await server.engine.createRoom('harbour')
    const stream = await server.open('GET', '/api/v1/events', server.bearer)
    let text = ''
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await until(() => text.includes('id: '))
    const before = Number(/id: (\d+)/.exec(text)![1])
    server.engine.add(id, [server.engine.message('m1', 'the canary sings')])
    await until(() => text.includes('the canary sings'))
    server.events.follow(null)
    await until(() => text.includes('event: reset'))
    const late = await server.open('GET', '/api/v1/events', {
      ...server.bearer,
      'last-event-id': String(before),
    })
    let seen = ''
    late.setEncoding('utf8').on('data', (chunk: string) => (seen += chunk))
    await until(() => seen.includes('event: reset'))
    expect(seen).not.toContain('canary')
    // The engine of before is not listened to any more.
    server.engine.add(id, [server.engine.message('m2', 'the canary sings on')])
    server.events.announceWipe()
    await until(() => seen.includes('event: wiped') && text.includes('event: wiped'))
    expect(seen).not.toContain('canary')
    stream.destroy()
    late.destroy()
  })
})

describe('wiping', () => {
  test('needs the word, then erases, clears the browser and stops the node', async () => {
    for (const body of [{}, { confirm: 'yes' }]) {
      expect((await server.call('POST', '/api/v1/wipe', body)).status).toBe(400)
    }
    expect(server.atRest.wiped).toBe(false)
    const { status, headers } = await server.call('POST', '/api/v1/wipe', { confirm: 'wipe' })
    expect(status).toBe(200)
    expect(headers['clear-site-data']).toContain('"storage"')
    expect(server.atRest.wiped).toBe(true)
    await until(() => server.stopped)
  })
})

describe('identity', () => {
  test('shows who one is, the words, and a backup', async () => {
    const identity = (await server.call('GET', '/api/v1/identity')).json()
    expect(identity).toMatchObject({ name: 'Ada', hasPhrase: true, sealed: false })
    const phrase = await server.call('GET', '/api/v1/identity/phrase')
    expect(JSON.parse(phrase.text)).toEqual({ phrase: server.engine.identity.phrase() })
    const backup = await server.call('POST', '/api/v1/identity/backup', { passphrase: '12345678' })
    expect(JSON.parse(backup.text)).toEqual({ file: 'sealed with 8 characters' })
  })
})
