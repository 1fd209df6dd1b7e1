import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ApiServer } from '../e2e/api-server.ts'
import { fakeFile } from '../e2e/fake-files.ts'

const FILE = 'ab'.repeat(16)
const FOLDER = 'cd'.repeat(16)
const BYTES = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251))
const RUNS = { numRuns: 400 }

let server: ApiServer
let files: string

beforeAll(async () => {
  server = await ApiServer.start()
  const { id } = await server.engine.createRoom('harbour')
  files = `/api/v1/rooms/${id}/files`
  server.engine.offer(id, { ...fakeFile(FILE, 'clip.mp4', BYTES), type: 'video/mp4' })
  server.engine.offer(id, fakeFile(FOLDER, 'maps', new Map([['a/b.txt', BYTES]])))
  for (const file of [FILE, FOLDER]) server.engine.files.arrive(id, file)
})

afterAll(() => server.close())

async function got(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; range: string | undefined; body: Buffer }> {
  const response = await server.open('GET', path, { ...server.bearer, ...headers })
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  const body = Buffer.concat(parts)
  const length = Number(response.headers['content-length'] ?? body.byteLength)
  if (length !== body.byteLength) throw new Error(`${length} bytes were announced`)
  return { status: response.statusCode!, range: response.headers['content-range'], body }
}

/** What a client may put in a header, near to what a range looks like. */
const ranges = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from('bytes=0123456789-, x')), maxLength: 40 }),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.bigInt({ min: 0n, max: 10n ** 20n }))
    .map(([from, to]) => `bytes=${from}-${to}`),
  fc.nat(1_100).map((from) => `bytes=${from}-`),
  fc.constant(`bytes=${'0-0,'.repeat(1_000)}0-0`),
)

describe('the local API', () => {
  test('answers any range with those bytes, all of them or none', async () => {
    const fits = fc.asyncProperty(ranges, async (range) => {
      const { status, range: told, body } = await got(`${files}/${FILE}/content`, { range })
      if (status !== 206) return status === 416 || (status === 200 && body.equals(BYTES))
      const [, from, to] = /^bytes (\d+)-(\d+)\/1000$/.exec(told!)!
      return body.byteLength > 0 && body.equals(BYTES.subarray(Number(from), Number(to) + 1))
    })
    await expect(fc.assert(fits, RUNS)).resolves.toBeUndefined()
  })

  test('A27: gives no file of a folder but its own, whatever path is asked for', async () => {
    const parts = fc.constantFrom(
      '..',
      '.',
      '',
      'a',
      'b.txt',
      '\0',
      '\\',
      '%2e%2e',
      'etc',
      'passwd',
      '~',
    )
    const paths = fc.oneof(
      fc.array(parts, { maxLength: 6 }).map((some) => some.join('/')),
      fc.string({ unit: 'binary', maxLength: 40 }),
    )
    const inside = fc.asyncProperty(paths, async (path) => {
      const { status, body } = await got(
        `${files}/${FOLDER}/content?path=${encodeURIComponent(path.toWellFormed())}`,
      )
      if (path === 'a/b.txt') return body.equals(BYTES)
      return [400, 404].includes(status) && !body.includes(BYTES.subarray(0, 16))
    })
    await expect(fc.assert(inside, RUNS)).resolves.toBeUndefined()
  })

  test('finds no file by what is no name of one', async () => {
    const names = fc.oneof(
      fc.string({ maxLength: 50 }),
      fc.constantFrom('..', '../..', '%00', 'content', '__proto__', 'constructor', `${FILE}x`),
    )
    const none = fc.asyncProperty(names, names, async (file, what) => {
      if (file !== '' && FILE.startsWith(file)) return true
      const path = [file, what].map((name) => encodeURIComponent(name.toWellFormed())).join('/')
      const { status } = await got(`${files}/${path}`)
      return status >= 400 && status < 500
    })
    await expect(fc.assert(none, RUNS)).resolves.toBeUndefined()
  })

  test('gives nothing to a cookie, a token in the address, or a page of another site', async () => {
    const { authorization } = server.bearer
    const token = authorization.slice('Bearer '.length)
    const path = `${files}/${FILE}/content`
    const tries: [string, Record<string, string>][] = [
      [path, {}],
      [path, { cookie: `token=${token}; session=${token}` }],
      [`${path}?token=${token}`, {}],
      [`${path}?pass=${token}`, {}],
      [path, { authorization: `Basic ${token}` }],
      [path, { authorization, origin: 'https://outside.example' }],
      [path, { authorization, host: 'outside.example' }],
    ]
    for (const [where, headers] of tries) {
      const answer = await server.plain('GET', where, undefined, headers)
      expect([where, headers, [400, 401, 403, 421].includes(answer.status)]).toEqual([
        where,
        headers,
        true,
      ])
      expect(Buffer.from(answer.text, 'latin1').includes(BYTES.subarray(32, 64))).toBe(false)
    }
  })
})
