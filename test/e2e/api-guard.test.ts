import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { ApiServer } from './api-server.ts'
import { until } from './until.ts'

let server: ApiServer

beforeAll(async () => {
  server = await ApiServer.start(async (root) => {
    await mkdir(join(root, 'assets'))
    await writeFile(join(root, 'index.html'), '<!doctype html><title>page</title>')
    await writeFile(join(root, 'assets', 'app-1.js'), 'let a')
    await writeFile(join(root, '.secret'), 'hidden')
  })
})
afterAll(() => server.close())

const status = '/api/v1/status'

/** The status of a hand-written request; `{port}` and `{token}` are filled in. */
async function raw(lines: string[]): Promise<{ status: number; text: string }> {
  const text = [...lines, 'Connection: close', '', '']
    .join('\r\n')
    .replaceAll('{port}', String(server.port))
    .replaceAll('{token}', server.credentials.token)
  const answer = await server.raw(text)
  return { status: Number(answer.split(' ')[1]), text: answer }
}

const GOOD_HOST = 'Host: 127.0.0.1:{port}'
const TOKEN = 'Authorization: Bearer {token}'

describe('Host', () => {
  test.each(['127.0.0.1:{port}', 'localhost:{port}', '[::1]:{port}', 'LOCALHOST:{port}'])(
    '%s is answered',
    async (host) => {
      expect((await raw(['GET /api/v1/status HTTP/1.1', `Host: ${host}`, TOKEN])).status).toBe(200)
    },
  )

  test.each([
    ['another name', ['Host: evil.example']],
    ['another name with our port', ['Host: evil.example:{port}']],
    ['a name that begins like ours', ['Host: 127.0.0.1.evil.example:{port}']],
    ['another port', ['Host: 127.0.0.1:1']],
    ['no port', ['Host: 127.0.0.1']],
    ['an empty one', ['Host:']],
    ['none', []],
    ['two', [GOOD_HOST, 'Host: evil.example']],
  ])('%s is refused', async (_what, hosts) => {
    const api = await raw(['GET /api/v1/status HTTP/1.1', ...hosts, TOKEN])
    expect(api.status).toBe(403)
    expect(api.text).toContain('"code":"FORBIDDEN"')
    expect((await raw(['GET / HTTP/1.1', ...hosts])).status).toBe(403)
    const upgrade = ['Upgrade: websocket', 'Connection: Upgrade']
    expect((await raw(['GET / HTTP/1.1', ...hosts, ...upgrade])).status).toBe(403)
  })

  test('HTTP/1.0 without a Host is refused', async () => {
    expect((await raw(['GET /api/v1/status HTTP/1.0', TOKEN])).status).toBe(403)
  })

  test('an absolute target is refused whatever the Host says', async () => {
    const answer = await raw(['GET http://evil.example/api/v1/status HTTP/1.1', GOOD_HOST, TOKEN])
    expect(answer.status).toBe(403)
  })
})

describe('upgrade', () => {
  test.each([
    ['to a WebSocket', 'websocket'],
    ['to HTTP/2', 'h2c'],
  ])('%s is refused even from ourselves', async (_what, protocol) => {
    const answer = await raw([
      'GET /api/v1/events HTTP/1.1',
      GOOD_HOST,
      TOKEN,
      `Upgrade: ${protocol}`,
      'Connection: Upgrade',
    ])
    expect(answer.status).toBe(403)
  })
})

describe('Origin', () => {
  test.each(['http://evil.example', 'null', 'https://127.0.0.1:{port}', 'http://localhost:1', ''])(
    '"%s" is refused',
    async (origin) => {
      const answer = await raw([`GET ${status} HTTP/1.1`, GOOD_HOST, TOKEN, `Origin: ${origin}`])
      expect(answer.status).toBe(403)
      expect(answer.text).not.toContain('access-control-allow')
    },
  )

  test('the page itself is answered', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const headers = { origin: `http://${host}:${server.port}`, 'sec-fetch-site': 'same-origin' }
      expect((await server.call('GET', status, undefined, headers)).status).toBe(200)
    }
  })

  test('a preflight of another page gets no permission', async () => {
    const answer = await server.plain('OPTIONS', status, undefined, {
      origin: 'http://evil.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    })
    expect(answer.status).toBe(403)
    expect(Object.keys(answer.headers).some((name) => name.startsWith('access-control'))).toBe(
      false,
    )
  })
})

describe('Sec-Fetch-Site', () => {
  test.each(['cross-site', 'same-site'])('%s is refused', async (site) => {
    const headers = { 'sec-fetch-site': site }
    expect((await server.call('GET', status, undefined, headers)).status).toBe(403)
    expect((await server.plain('GET', '/', undefined, headers)).status).toBe(403)
  })

  test('a link on another site opens the start page, and nothing else', async () => {
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    expect((await server.plain('GET', '/', undefined, headers)).status).toBe(200)
    expect((await server.call('GET', status, undefined, headers)).status).toBe(403)
    const framed = { ...headers, 'sec-fetch-dest': 'iframe' }
    expect((await server.plain('GET', '/', undefined, framed)).status).toBe(403)
  })
})

describe('body', () => {
  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
    'a form post as %s is refused',
    async (type) => {
      const answer = await server.call('POST', '/api/v1/rooms', '{"name":"x"}', {
        'content-type': type,
      })
      expect(answer.status).toBe(403)
      expect(server.engine.rooms()).toHaveLength(0)
    },
  )

  test('a body without a type is refused', async () => {
    const answer = await raw([
      'POST /api/v1/rooms HTTP/1.1',
      GOOD_HOST,
      TOKEN,
      'Transfer-Encoding: chunked',
    ])
    expect(answer.status).toBe(403)
  })

  test('more than 64 kB is refused', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(64 << 10) })
    const answer = await server.call('POST', '/api/v1/rooms/x/messages', body)
    expect(answer.status).toBe(413)
    expect(answer.json().error.code).toBe('TOO_LARGE')
  })

  test('a prototype in a body is refused', async () => {
    const answer = await server.call('POST', '/api/v1/rooms', '{"name":"x","__proto__":{"a":1}}')
    expect(answer.status).toBe(400)
  })
})

describe('token', () => {
  const paths = [status, '/api/v1/events', '/api/v1/openapi.json', '/api/v1/nothing', '/api/v2']
  test.each(paths)('%s needs it', async (path) => {
    const answer = await server.plain('GET', path)
    expect(answer.status).toBe(401)
    expect(answer.json().error.code).toBe('UNAUTHORIZED')
  })

  test.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer x',
    'Basic {t}',
    '{t}',
    'Bearer {t}x',
    'Bearer {t} x',
  ])('as "%s" it does not open anything', async (value) => {
    const authorization = value.replace('{t}', server.credentials.token)
    expect((await server.plain('GET', status, undefined, { authorization })).status).toBe(401)
  })

  test.each(['/%61pi/v1/status', '/api/%761/status', '//api/v1/status', '/x/../api/v1/status'])(
    'another spelling of a path (%s) is no way around it',
    async (path) => {
      expect([400, 401, 404]).toContain((await server.plain('GET', path)).status)
    },
  )

  test('in a query string it opens nothing, and is refused beside a good header', async () => {
    const query = `?token=${server.credentials.token}`
    expect((await server.plain('GET', status + query)).status).toBe(401)
    const answer = await server.call('GET', status + query)
    expect(answer.status).toBe(403)
    expect(answer.text).not.toContain(server.credentials.token)
    expect((await server.plain('GET', `/?access_token=${server.credentials.token}`)).status).toBe(
      403,
    )
  })
})

describe('patience', () => {
  test.each([
    ['headers', 'GET / HTTP/1.1\r\nHost: '],
    ['a body', 'POST /api/v1/session HTTP/1.1\r\n{host}\r\n{type}\r\nContent-Length: 9\r\n\r\n{'],
  ])('%s that never end are cut off', async (_what, text) => {
    const start = text
      .replace('{host}', `Host: 127.0.0.1:${server.port}`)
      .replace('{type}', 'Content-Type: application/json')
    expect(await server.raw(start)).toMatch(/^(?:HTTP\/1\.1 4|$)/)
  })

  test('no more than 256 connections are held', async () => {
    const sockets = Array.from({ length: 300 }, () => connect(server.port, '127.0.0.1'))
    for (const socket of sockets) socket.on('error', () => {})
    await until(() => sockets.filter((socket) => socket.destroyed).length >= 44)
    expect(sockets.filter((socket) => socket.destroyed).length).toBeLessThan(100)
    for (const socket of sockets) socket.destroy()
    await until(async () => (await server.call('GET', status).catch(() => undefined)) !== undefined)
  })
})

describe('answers', () => {
  const everywhere: [string, string][] = [
    ['GET', '/'],
    ['GET', '/assets/app-1.js'],
    ['GET', '/nothing'],
    ['GET', '/%zz'],
    ['GET', status],
    ['POST', '/api/v1/session'],
  ]
  test.each(everywhere)('%s %s carries the security headers', async (method, path) => {
    const { headers } = await server.plain(method, path)
    const policy = String(headers['content-security-policy'])
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob:",
      "media-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ]) {
      expect(policy.split('; ')).toContain(rule)
    }
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['referrer-policy']).toBe('no-referrer')
  })

  test('what is no HTTP is answered as such', async () => {
    const answer = await server.raw('hello\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain("default-src 'none'")
  })

  test('an unknown path is a JSON 404', async () => {
    const answer = await server.call('GET', '/api/v1/nothing')
    expect(answer.status).toBe(404)
    expect(answer.json().error.code).toBe('NOT_FOUND')
    expect((await server.plain('GET', '/nothing')).json().error.code).toBe('NOT_FOUND')
  })

  test('a bad path is a JSON 400', async () => {
    const answer = await server.plain('GET', '/%zz')
    expect(answer.status).toBe(400)
    expect(answer.json().error.code).toBe('BAD_REQUEST')
  })

  test('an unforeseen error tells nothing of the inside', async () => {
    server.engine.failWith = new Error('secret /home/ada/keys')
    const answer = await server.call('GET', '/api/v1/rooms')
    server.engine.failWith = undefined
    expect(answer.status).toBe(500)
    expect(answer.json().error.code).toBe('INTERNAL')
    expect(answer.text).not.toMatch(/secret|ada|\.ts|\.js/)
  })

  test('the page and its assets need no token; hidden files and other directories are not there', async () => {
    const page = await server.plain('GET', '/')
    expect(page.status).toBe(200)
    expect(page.headers['content-type']).toMatch('text/html')
    expect(page.headers['cache-control']).toBe('no-cache')
    const asset = await server.plain('GET', '/assets/app-1.js')
    expect(asset.headers['cache-control']).toContain('immutable')
    expect((await server.plain('GET', '/.secret')).status).toBe(404)
    for (const path of ['/../package.json', '/..%2f..%2fetc%2fpasswd', '/assets/%2e%2e/%2e%2e/x']) {
      expect([400, 404]).toContain((await server.plain('GET', path)).status)
    }
  })

  test('without a built page a plain one says so', async () => {
    const bare = await ApiServer.start()
    try {
      const page = await bare.plain('GET', '/')
      expect(page.status).toBe(200)
      expect(page.text).toContain('npm start')
    } finally {
      await bare.close()
    }
  })
})
