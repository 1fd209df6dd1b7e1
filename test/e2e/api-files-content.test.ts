import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ApiServer, type Answer } from './api-server.ts'
import { fakeFile } from './fake-files.ts'
import { until } from './until.ts'

const ID = 'ab'.repeat(16)
const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251))
let server: ApiServer
let room: string
let content: string

beforeEach(async () => {
  server = await ApiServer.start()
  room = (await server.engine.createRoom('harbour')).id
  content = `/api/v1/rooms/${room}/files/${ID}/content`
})
afterEach(() => server.close())

const offer = (name = 'clip.mp4', type = 'video/mp4', bytes: string | Buffer = BYTES): void => {
  server.engine.offer(room, { ...fakeFile(ID, name, bytes), type })
  server.engine.files.arrive(room, ID)
}

async function bytesOf(
  headers: object,
  path = content,
): Promise<[number, string | undefined, Buffer]> {
  const response = await server.open('GET', path, { ...server.bearer, ...headers })
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return [response.statusCode!, response.headers['content-range'], Buffer.concat(parts)]
}

describe('ranges', () => {
  test.each<[range: string, status: number, start: number, end: number]>([
    ['bytes=0-99', 206, 0, 100],
    ['bytes=900-', 206, 900, 1000],
    ['bytes=-10', 206, 990, 1000],
    ['bytes=-5000', 206, 0, 1000],
    ['bytes=990-5000', 206, 990, 1000],
    ['bytes=0-0', 206, 0, 1],
    ['bytes=5-4', 200, 0, 1000],
    ['bytes=0-1,5-6', 200, 0, 1000],
    ['pages=1-2', 200, 0, 1000],
    ['bytes=-', 200, 0, 1000],
  ])('%s', async (range, status, start, end) => {
    offer()
    expect(await bytesOf({ range })).toEqual([
      status,
      status === 206 ? `bytes ${start}-${end - 1}/1000` : undefined,
      BYTES.subarray(start, end),
    ])
    expect(server.engine.files.asked.filter(([what]) => what === 'read')).toEqual([
      ['read', ID, [start, end]],
    ])
  })

  test.each(['bytes=1000-', 'bytes=-0'])('%s is outside of it', async (range) => {
    offer()
    const answer = await server.call('GET', content, undefined, { range })
    expect([answer.status, answer.headers['content-range']]).toEqual([416, 'bytes */1000'])
    expect(answer.json().error.code).toBe('BAD_REQUEST')
  })

  test('If-Range: the same version gives the part, another all of it', async () => {
    offer()
    const { etag } = (await server.call('HEAD', content)).headers
    expect(etag).toMatch(/^"[^"]+"$/)
    const range = 'bytes=0-9'
    expect((await bytesOf({ range, 'if-range': etag }))[0]).toBe(206)
    expect((await bytesOf({ range, 'if-range': '"other"' }))[0]).toBe(200)
    expect((await bytesOf({ range, 'if-range': `W/${etag}` }))[0]).toBe(200)
  })

  test('HEAD tells all and fetches nothing', async () => {
    server.engine.offer(room, { ...fakeFile(ID, 'clip.mp4', BYTES), type: 'video/mp4' })
    const { status, headers, text } = await server.call('HEAD', content)
    expect([status, text]).toEqual([200, ''])
    expect(headers).toMatchObject({
      'content-length': '1000',
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
    })
    expect(server.engine.files.asked).toEqual([])
    expect((await server.engine.files.show(room, ID)).state).toBe('remote')
  })
})

describe('streaming', () => {
  test('bytes go out while they arrive', async () => {
    const big = Buffer.alloc(200_000, 7)
    server.engine.offer(room, { ...fakeFile(ID, 'clip.mp4', big), type: 'video/mp4' })
    server.engine.files.arrive(room, ID, 70_000)
    const response = await server.open('GET', content, server.bearer)
    expect([response.statusCode, response.headers['content-length']]).toEqual([200, '200000'])
    let got = 0
    response.on('data', (part: Buffer) => (got += part.length))
    await until(() => got >= 65_536)
    expect(got).toBeLessThan(200_000)
    server.engine.files.arrive(room, ID)
    await until(() => got === 200_000)
  })

  test('a client that goes away ends the reading', async () => {
    let ended = false
    const { files } = server.engine
    server.engine.offer(room, fakeFile(ID, 'clip.mp4', Buffer.alloc(200_000)))
    files.arrive(room, ID, 70_000)
    const read = files.read.bind(files)
    files.read = async (where, file, options) => {
      options?.signal?.addEventListener('abort', () => (ended = true))
      return read(where, file, options)
    }
    const response = await server.open('GET', content, server.bearer)
    expect(response.statusCode).toBe(200)
    response.destroy()
    await until(() => ended)
  })

  test('a slow client holds back the reading', async () => {
    const big = Buffer.alloc(64 << 20)
    server.engine.offer(room, fakeFile(ID, 'clip.bin', big))
    server.engine.files.arrive(room, ID)
    let read = 0
    const { files } = server.engine
    const original = files.read.bind(files)
    files.read = async (...args) => {
      const bytes = await original(...args)
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const part of bytes.stream) {
          read += part.length
          yield part
        }
      }
      return { ...bytes, stream: counted() }
    }
    const response = await server.open('GET', content, server.bearer)
    response.pause()
    let before = -1
    await until(async () => {
      const same = read === before && read > 0
      before = read
      await new Promise((resolve) => setTimeout(resolve, 200))
      return same
    })
    expect(read).toBeLessThan(big.length / 2)
    response.destroy()
  })
})

describe('what strangers sent is harmless', () => {
  const serve = async (name: string, type: string, query = ''): Promise<Answer> => {
    offer(name, type, '<script>alert(1)</script>')
    return server.call('GET', `${content}${query}`)
  }

  test.each([
    ['page.html', 'text/html'],
    ['page.html', 'TEXT/HTML; charset=utf-8'],
    ['drawing.svg', 'image/svg+xml'],
    ['feed.xml', 'application/xml'],
    ['page.xhtml', 'application/xhtml+xml'],
    ['paper.pdf', 'application/pdf'],
    ['script.js', 'text/javascript'],
    ['odd', 'image/png, text/html'],
    ['odd', ''],
  ])('%s as %j is bytes to be saved', async (name, type) => {
    const { headers } = await serve(name, type)
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(headers['content-disposition']).toMatch(/^attachment; /)
  })

  test('all of it is sandboxed and sniffed by nobody', async () => {
    const { headers } = await serve('clip.mp4', 'video/mp4')
    expect(headers).toMatchObject({
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'content-type': 'video/mp4',
      'cache-control': 'no-store',
    })
    expect(headers['content-disposition']).toMatch(/^inline; /)
    const plain = await serve('a.txt', 'text/plain')
    expect(plain.headers['content-type']).toBe('text/plain; charset=utf-8')
  })

  test('download=true saves what could be shown', async () => {
    const { headers } = await serve('clip.mp4', 'video/mp4', '?download=true')
    expect(headers['content-disposition']).toMatch(/^attachment; /)
  })

  test.each([
    ['plain.txt', `filename="plain.txt"; filename*=UTF-8''plain.txt`],
    ['Grüße 1.txt', `filename="Gr__e 1.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%201.txt`],
    ['a"; x="b.txt', `filename="a_; x=_b.txt"; filename*=UTF-8''a%22%3B%20x%3D%22b.txt`],
    ["it's (1)*.txt", `filename="it's (1)*.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`],
    ['\ud800.txt', `filename="_.txt"; filename*=UTF-8''%EF%BF%BD.txt`],
    ['a\r\nx: y.txt', `filename="a__x: y.txt"; filename*=UTF-8''a%0D%0Ax%3A%20y.txt`],
  ])('the name %j can not leave its header', async (name, words) => {
    const { headers } = await serve(name, 'video/mp4')
    expect(headers['content-disposition']).toBe(`inline; ${words}`)
  })
})

describe('a folder', () => {
  beforeEach(() => {
    const files = new Map([
      ['deep/page.html', Buffer.from('<b>')],
      ['deep/clip.mp4', BYTES],
      ['empty', Buffer.alloc(0)],
    ])
    server.engine.offer(room, fakeFile(ID, 'maps', files))
    server.engine.files.arrive(room, ID)
  })

  test('gives its files by their paths, each as its own', async () => {
    const path = `${content}?path=${encodeURIComponent('deep/clip.mp4')}`
    expect(await bytesOf({ range: 'bytes=10-19' }, path)).toEqual([
      206,
      'bytes 10-19/1000',
      BYTES.subarray(10, 20),
    ])
    const clip = await server.call('HEAD', path)
    const page = await server.call('GET', `${content}?path=deep%2Fpage.html`)
    expect(clip.headers['content-type']).toBe('video/mp4')
    expect(clip.headers['content-disposition']).toContain('filename="clip.mp4"')
    expect(page.headers['content-type']).toBe('application/octet-stream')
    expect(page.headers.etag).not.toBe(clip.headers.etag)
    expect(await bytesOf({}, `${content}?path=empty`)).toEqual([200, undefined, Buffer.alloc(0)])
  })

  test('is no file itself, and holds no others', async () => {
    expect((await server.call('GET', content)).json().error.code).toBe('BAD_REQUEST')
    for (const path of ['deep', '../x', '/etc/passwd', 'deep/../deep/clip.mp4']) {
      const answer = await server.call('GET', `${content}?path=${encodeURIComponent(path)}`)
      expect([answer.status, answer.json().error.code]).toEqual([404, 'NOT_FOUND'])
    }
  })
})

describe('a pass', () => {
  test('opens the bytes of its file in an address, and nothing else', async () => {
    offer()
    server.engine.offer(room, fakeFile('cd'.repeat(16), 'other.txt', 'abc'))
    const path = `/api/v1/rooms/harbour/files/clip.mp4/pass`
    const { pass } = JSON.parse((await server.call('POST', path)).text) as { pass: string }
    const open = (where: string, method = 'GET', query = `?pass=${pass}`): Promise<Answer> =>
      server.plain(method, `/api/v1/rooms/${room}/files/${where}${query}`)
    expect((await open(`${ID}/content`)).status).toBe(200)
    expect((await open(`${ID}/content`, 'HEAD')).status).toBe(200)
    for (const [where, method, query] of [
      [`${ID}/content`, 'GET', '?pass=x'],
      [`${ID}/content`, 'GET', `?pass=${pass}&pass=${pass}`],
      [`${ID}/content`, 'GET', ''],
      ['clip.mp4/content', 'GET', undefined],
      [`${'cd'.repeat(16)}/content`, 'GET', undefined],
      [`${ID}`, 'GET', undefined],
      [`${ID}/contents`, 'GET', undefined],
      [`${ID}`, 'DELETE', undefined],
      [`${ID}/get`, 'POST', undefined],
    ] as const) {
      expect([where, (await open(where, method, query)).status]).toEqual([where, 401])
    }
    server.atRest.isLocked = true
    expect((await open(`${ID}/content`)).status).toBe(423)
  })

  test('is given for what is there alone', async () => {
    const path = `/api/v1/rooms/${room}/files/${ID}/pass`
    expect((await server.call('POST', path)).status).toBe(404)
  })
})
