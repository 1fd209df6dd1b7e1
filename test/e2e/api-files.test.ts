import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileView } from '../../core/files/api.ts'
import { PorchlightError } from '../../core/errors.ts'
import { ApiServer } from './api-server.ts'
import { fakeFile } from './fake-files.ts'
import { until } from './until.ts'

const ID = 'ab'.repeat(16)
const OTHER = `ab${'cd'.repeat(15)}`
let server: ApiServer
let room: string
let base: string

beforeEach(async () => {
  server = await ApiServer.start()
  room = (await server.engine.createRoom('harbour')).id
  base = `/api/v1/rooms/${room}`
})
afterEach(() => server.close())

const view = (text: string): FileView => JSON.parse(text) as FileView

describe('files of a room', () => {
  test('are listed, shown, fetched, paused, gone on with, cancelled, deleted', async () => {
    const { engine } = server
    engine.offer(room, fakeFile(ID, 'map.txt', 'a'.repeat(1000)))
    const list = await server.call('GET', `${base}/files`)
    expect(JSON.parse(list.text)).toMatchObject([
      { id: ID, name: 'map.txt', size: 1000, state: 'remote', have: 0, sources: 1, own: false },
    ])
    for (const reference of [ID, 'abab', 'map.txt']) {
      const one = await server.call('GET', `${base}/files/${reference}`)
      expect([one.status, view(one.text).id]).toEqual([200, ID])
    }
    const fetching = await server.call('POST', `${base}/files/${ID}/fetch`)
    expect(view(fetching.text).state).toBe('downloading')
    engine.files.arrive(room, ID, 400)
    const paused = await server.call('POST', `${base}/files/map.txt/pause`, {})
    expect(view(paused.text)).toMatchObject({ state: 'paused', have: 400 })
    const resumed = await server.call('POST', `${base}/files/${ID}/resume`)
    expect(view(resumed.text)).toMatchObject({ state: 'downloading', have: 400 })
    const cancelled = await server.call('POST', `${base}/files/${ID}/cancel`)
    expect(view(cancelled.text)).toMatchObject({ state: 'remote', have: 0 })
    const freed = await server.call('DELETE', `${base}/files/${ID}`)
    expect([freed.status, freed.text]).toEqual([204, ''])
    expect((await server.call('DELETE', `${base}/files/${ID}?everyone=true`)).status).toBe(204)
    expect(engine.files.asked.filter(([what]) => what === 'remove')).toEqual([
      ['remove', ID, false],
      ['remove', ID, true],
    ])
    expect((await server.call('GET', `${base}/files`)).text).toBe('[]')
  })

  test('come without previews in a list, unless these are asked for: then the newest hundred do', async () => {
    const preview = { data: 'data:image/webp;base64,AAAA', width: 3, height: 2 }
    const id = (n: number): string => n.toString(16).padStart(32, '0')
    for (let n = 0; n < 102; n++) {
      server.engine.offer(room, { ...fakeFile(id(n), `${n}.png`, 'x'), preview })
    }
    const listed = async (query = ''): Promise<FileView[]> =>
      JSON.parse((await server.call('GET', `${base}/files${query}`)).text) as FileView[]
    const plain = await listed()
    expect(plain).toHaveLength(102)
    expect(plain.filter((file) => file.preview !== undefined)).toEqual([])
    const shown = await listed('?previews=true')
    expect(shown.map((file) => file.preview !== undefined)).toEqual(
      Array.from({ length: 102 }, (_, n) => n >= 2),
    )
    expect((await server.call('GET', `${base}/files?previews=all`)).status).toBe(400)
    const one = await server.call('GET', `${base}/files/0.png`)
    expect(view(one.text).preview).toEqual(preview)
  })

  test('a reference to none, or to several, is answered as such', async () => {
    server.engine.offer(room, fakeFile(ID, 'a.txt', 'a'))
    server.engine.offer(room, fakeFile(OTHER, 'b.txt', 'b'))
    const several = await server.call('GET', `${base}/files/ab`)
    expect([several.status, several.json().error.code]).toEqual([409, 'AMBIGUOUS'])
    for (const reference of ['zebra', 'c'.repeat(32)]) {
      const none = await server.call('GET', `${base}/files/${reference}`)
      expect([none.status, none.json().error.code]).toEqual([404, 'NOT_FOUND'])
    }
    expect((await server.call('GET', `${base}/files/b.txt`)).status).toBe(200)
  })

  test('a get answers when all of it is here', async () => {
    server.engine.offer(room, fakeFile(ID, 'map.txt', 'abc'))
    const got = server.call('POST', `${base}/files/${ID}/get`, { out: '/tmp/map' })
    await until(() => server.engine.files.asked.some(([what]) => what === 'fetch'))
    server.engine.files.arrive(room, ID)
    const { status, text } = await got
    expect([status, JSON.parse(text)]).toEqual([200, { path: '/tmp/map', size: 3, seconds: 1.5 }])
  })

  test('a get whose client goes away waits no more, and the fetch goes on', async () => {
    const { files } = server.engine
    server.engine.offer(room, fakeFile(ID, 'map.txt', 'abc'))
    let ended: unknown
    const get = files.get.bind(files)
    files.get = (...args) =>
      get(...args).catch((error: unknown) => {
        ended = error
        throw error
      })
    const sent = request({
      port: server.port,
      host: '127.0.0.1',
      method: 'POST',
      path: `${base}/files/${ID}/get`,
      headers: { ...server.bearer, 'content-type': 'application/json', 'content-length': 2 },
    })
    sent.on('error', () => {})
    sent.end('{}')
    await until(() => files.asked.some(([what]) => what === 'fetch'))
    sent.destroy()
    await until(() => ended !== undefined)
    expect(String(ended)).toContain('client went away')
    expect((await files.show(room, ID)).state).toBe('downloading')
  })

  test('a folder tells what is in it', async () => {
    const content = new Map([
      ['a.txt', Buffer.from('aa')],
      ['deep/b.txt', Buffer.from('b')],
    ])
    server.engine.offer(room, fakeFile(ID, 'maps', content))
    expect(JSON.parse((await server.call('GET', `${base}/files/${ID}/contents`)).text)).toEqual([
      { path: 'a.txt', size: 2 },
      { path: 'deep/b.txt', size: 1 },
    ])
  })

  test('come as events, with what they are now', async () => {
    const stream = await server.open('GET', '/api/v1/events', server.bearer)
    let text = ''
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await until(() => text.includes('id: '))
    server.engine.offer(room, fakeFile(ID, 'map.txt', 'abc'))
    await until(() => text.includes('event: files'))
    server.engine.files.arrive(room, ID)
    await until(() => /event: files\ndata: .*"state":"complete"/.test(text))
    stream.destroy()
  })
})

describe('paths of this computer', () => {
  let dir: string

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'porchlight-send-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  test('are sent in place, with all that is said with them', async () => {
    const path = join(dir, 'notes.txt')
    await writeFile(path, 'some notes')
    const options = { text: 'look', replyTo: 'm1', expiresIn: 60_000, name: 'n.txt' }
    const sent = await server.call('POST', `${base}/files`, { path, ...options })
    expect(sent.status).toBe(201)
    expect(view(sent.text)).toMatchObject({
      name: 'n.txt',
      size: 10,
      type: 'text/plain',
      own: true,
    })
    expect(server.engine.files.sent).toMatchObject([{ path, ...options, type: 'text/plain' }])
  })

  test('have to be absolute', async () => {
    for (const [path, body] of [
      ['/files', { path: 'notes.txt' }],
      [`/files/${ID}/get`, { out: '../notes' }],
    ] as const) {
      const answer = await server.call('POST', `${base}${path}`, body)
      expect([answer.status, answer.json().error.message]).toEqual([
        400,
        expect.stringContaining('absolute'),
      ])
    }
  })

  test('are for programs: the page can name none, whatever it shows', async () => {
    await writeFile(join(dir, 'secret'), 'x')
    server.engine.offer(room, fakeFile(ID, 'map.txt', 'abc'))
    const page = { authorization: `Bearer ${server.credentials.pageToken}` }
    for (const [path, body] of [
      ['/files', { path: join(dir, 'secret') }],
      [`/files/${ID}/get`, { out: join(dir, 'out') }],
    ] as const) {
      const answer = await server.plain('POST', `${base}${path}`, body, page)
      expect([answer.status, answer.json().error.code]).toEqual([403, 'FORBIDDEN'])
    }
    expect(server.engine.files.sent).toEqual([])
    expect((await server.plain('GET', `${base}/files`, undefined, page)).status).toBe(200)
  })
})

describe('policy and storage', () => {
  test('of the device and of a room; a room falls back', async () => {
    const read = async (path: string): Promise<unknown> =>
      JSON.parse((await server.call('GET', `/api/v1${path}`)).text)
    expect(await read('/file-policy')).toEqual({
      autoFetch: { lan: 100_000_000, dht: 25_000_000, ble: 64_000, other: 25_000_000 },
      keepFor: null,
    })
    await server.call('PATCH', '/api/v1/file-policy', { autoFetch: { lan: 5 } })
    await server.call('PATCH', `${base}/file-policy`, {
      autoFetch: { dht: 0 },
      keepFor: 86_400_000,
    })
    expect(await read(`/rooms/${room}/file-policy`)).toEqual({
      autoFetch: { lan: 5, dht: 0, ble: 64_000, other: 25_000_000 },
      keepFor: 86_400_000,
    })
    await server.call('PATCH', `${base}/file-policy`, { autoFetch: null, keepFor: 'default' })
    expect(await read(`/rooms/${room}/file-policy`)).toEqual(await read('/file-policy'))
    expect(await read('/file-storage')).toEqual({ used: 0, quota: null })
    await server.call('PATCH', '/api/v1/file-storage', { quota: 1_000_000_000 })
    expect(await read('/file-storage')).toEqual({ used: 0, quota: 1_000_000_000 })
  })

  test.each<[path: string, body: object]>([
    ['/file-policy', {}],
    ['/file-policy', { autoFetch: {} }],
    ['/file-policy', { autoFetch: { smoke: 1 } }],
    ['/file-policy', { autoFetch: { lan: -1 } }],
    ['/file-policy', { keepFor: 'ever' }],
    ['/file-storage', {}],
    ['/file-storage', { quota: '1GB' }],
  ])('%s refuses %j', async (path, body) => {
    expect((await server.call('PATCH', `/api/v1${path}`, body)).status).toBe(400)
  })
})

describe('what the engine refuses', () => {
  test('is answered with its code and words', async () => {
    server.engine.offer(room, fakeFile(ID, 'map.txt', 'abc'))
    server.engine.files.failWith = new PorchlightError('DISK_FULL', 'No room left here.')
    const { status, json } = await server.call('POST', `${base}/files/${ID}/get`, {})
    expect([status, json().error]).toEqual([
      507,
      { code: 'DISK_FULL', message: 'No room left here.' },
    ])
  })
})
