import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { request, type ClientRequest } from 'node:http'
import { PorchlightError } from '../../core/errors.ts'
import type { FileView } from '../../core/files/api.ts'
import { ApiServer } from './api-server.ts'
import { until } from './until.ts'

let server: ApiServer
let room: string

beforeEach(async () => {
  server = await ApiServer.start()
  room = (await server.engine.createRoom('harbour')).id
})
afterEach(() => server.close())

interface Upload {
  sent: ClientRequest
  answer: Promise<{ status: number; text: string }>
}

function upload(query: string, headers: object = {}): Upload {
  const sent = request({
    port: server.port,
    host: '127.0.0.1',
    method: 'PUT',
    path: `/api/v1/rooms/${room}/uploads${query}`,
    headers: { ...server.bearer, 'content-type': 'application/octet-stream', ...headers },
  })
  const answer = new Promise<{ status: number; text: string }>((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.once('end', () => resolve({ status: response.statusCode!, text }))
    })
  })
  answer.catch(() => {})
  return { sent, answer }
}

describe('an upload', () => {
  test('is sent with what the query says of it', async () => {
    const said = new URLSearchParams({
      name: 'Grüße.bin',
      type: 'application/x-thing',
      text: 'look',
      replyTo: 'm1',
      expiresIn: '60000',
    })
    const { sent, answer } = upload(`?${said.toString()}`)
    sent.end('some bytes')
    const { status, text } = await answer
    expect(status).toBe(201)
    expect(JSON.parse(text) as FileView).toMatchObject({ name: 'Grüße.bin', size: 10, own: true })
    expect(server.engine.files.sent).toMatchObject([
      { type: 'application/x-thing', text: 'look', replyTo: 'm1', expiresIn: 60_000 },
    ])
  })

  test('may be larger than any other body, and is handed on as it comes', async () => {
    const { files } = server.engine
    let seen = 0
    const sendBytes = files.sendBytes.bind(files)
    files.sendBytes = (where, name, bytes, options) =>
      sendBytes(
        where,
        name,
        (async function* () {
          for await (const part of bytes) {
            seen += part.length
            yield part
          }
        })(),
        options,
      )
    const { sent, answer } = upload('?name=big')
    sent.write(Buffer.alloc(300_000))
    await until(() => seen === 300_000)
    sent.end(Buffer.alloc(5 << 20))
    expect((await answer).status).toBe(201)
    expect(seen).toBe(300_000 + (5 << 20))
  })

  test('that is read slowly is held back', async () => {
    const { files } = server.engine
    let go: () => void = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    const sendBytes = files.sendBytes.bind(files)
    files.sendBytes = async (...args) => {
      await gate
      return sendBytes(...args)
    }
    const { sent, answer } = upload('?name=big')
    let taken = 0
    const part = Buffer.alloc(1 << 20)
    // What nobody reads stays with the client, but for what sockets and the server's buffer hold.
    for (let i = 0; i < 64; i++) sent.write(part, () => (taken += part.length))
    sent.end()
    let before = -1
    await until(async () => {
      const same = taken === before
      before = taken
      await new Promise((resolve) => setTimeout(resolve, 200))
      return same
    })
    expect(taken).toBeLessThan(48 << 20)
    go()
    expect((await answer).status).toBe(201)
  })

  test('whose client goes away leaves nothing behind', async () => {
    const { files } = server.engine
    const { sent } = upload('?name=half', { 'content-length': '1000' })
    sent.write('half of it '.repeat(10))
    await until(() => files.taking === 1)
    sent.destroy()
    await until(() => files.taking === 0)
    expect(await files.list(room)).toEqual([])
    expect(files.sent).toEqual([])
    expect((await server.engine.messages(room)).messages).toEqual([])
  })

  test('that is refused half-way is answered, and the rest of it is read away', async () => {
    server.engine.files.failWith = new PorchlightError('DISK_FULL', 'The disk is full.')
    const { sent, answer } = upload('?name=big')
    sent.write(Buffer.alloc(1 << 20))
    sent.end(Buffer.alloc(8 << 20))
    const { status, text } = await answer
    expect([status, text]).toEqual([507, expect.stringContaining('The disk is full.')])
  })

  test('of nothing is refused', async () => {
    const { sent, answer } = upload('?name=empty', { 'content-length': '0' })
    sent.end()
    expect((await answer).status).toBe(400)
  })

  test.each([
    ['?', {}, 400],
    ['?name=', {}, 400],
    ['?name=a&colour=1', {}, 400],
    ['?name=a&expiresIn=soon', {}, 400],
    ['?name=a', { 'content-type': 'application/json' }, 403],
    ['?name=a', { 'content-type': 'text/plain' }, 403],
    ['?name=a', { 'content-type': 'multipart/form-data; boundary=x' }, 403],
    ['?name=a', { authorization: 'Bearer x' }, 401],
    ['?name=a', { origin: 'http://evil.example' }, 403],
  ])('%s with %j is refused', async (query, headers, status) => {
    const { sent, answer } = upload(query, headers)
    sent.end('bytes')
    expect((await answer).status).toBe(status)
    expect(server.engine.files.sent).toEqual([])
  })

  test('bytes are taken nowhere else', async () => {
    for (const [method, path] of [
      ['PUT', `/api/v1/rooms/${room}/draft`],
      ['POST', `/api/v1/rooms/${room}/uploads`],
      ['PUT', `/api/v1/rooms/${room}/uploads/x`],
      ['POST', '/api/v1/rooms'],
    ]) {
      const headers = { 'content-type': 'application/octet-stream' }
      expect((await server.call(method!, path!, 'bytes', headers)).status).toBe(403)
    }
  })
})
