import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Place, type Call } from './cli-process.ts'
import { until } from './until.ts'

let place: Place

beforeEach(async () => {
  place = await Place.make({ lan: false })
})
afterEach(() => place.close())

const apiFile = (): Promise<string> => readFile(join(place.dir, 'api.json'), 'utf8')

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('the life of a node', () => {
  test('starts, says where, stops; the process is gone when `stop` returns', async () => {
    const node = await place.start()
    const ready = JSON.parse(node.lines[0]!) as { ready: boolean; url: string; pid: number }
    expect(ready).toEqual({
      ready: true,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      pid: node.child.pid,
      locked: false,
    })
    expect(JSON.parse(await apiFile())).toEqual({
      url: ready.url,
      token: expect.stringMatching(/^[\w-]{43,}$/),
      pid: node.child.pid,
    })
    expect((await stat(join(place.dir, 'api.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(place.dir)).mode & 0o777).toBe(0o700)
    expect(await place.json('status')).toMatchObject({ pid: ready.pid, rooms: 0 })
    await place.json('stop')
    expect(alive(ready.pid)).toBe(false)
    expect(await node.ended).toBe(0)
    await expect(apiFile()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends it well', async (signal) => {
    const node = await place.start()
    node.child.kill(signal)
    expect(await node.ended).toBe(0)
    await expect(apiFile()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('people get a link that is good once, and no noise', async () => {
    const node = place.call(['start', '--name', 'Ada'])
    await until(() => node.out.includes('Ctrl-C'))
    const link = /http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]+/.exec(node.out)![0]
    expect(node.err).toBe('')
    const [url, code] = link.split('/#code=')
    const trade = (): Promise<Response> =>
      fetch(`${url}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      })
    const { token } = (await (await trade()).json()) as { token: string }
    // The page's own: it opens what a page may, and is not the programs'.
    expect(token).not.toBe((JSON.parse(await apiFile()) as { token: string }).token)
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${url}/api/v1/status`, { headers })).status).toBe(200)
    expect((await trade()).status).toBe(401)
    expect(await place.json('status')).toMatchObject({ name: 'Ada' })
  })

  test('a second start says where the first one is, and changes nothing', async () => {
    const node = await place.start()
    const before = await apiFile()
    const { url } = JSON.parse(before) as { url: string }
    const second = place.call(['start', '--port', '0'])
    expect(await second.ended).toBe(0)
    expect(second.out).toContain('running already')
    expect(second.out).toContain(`${url}/#code=`)
    expect(second.err).toContain('what you said of port changed nothing')
    const program = place.call(['start', '--port', '0', '--json'])
    expect(await program.ended).toBe(1)
    expect(program.err).toMatch(/^error: ALREADY_RUNNING /)
    expect(program.err).toContain(url)
    expect(await apiFile()).toBe(before)
    expect(node.child.exitCode).toBeNull()
  })

  test('after kill -9 it starts again at once, with all that was acknowledged', async () => {
    const first = await place.start()
    await place.ok('room', 'create', 'harbour')
    const { id } = await place.json<{ id: string }>('send', 'harbour', 'before the fall')
    first.child.kill('SIGKILL')
    expect(await first.ended).toBe('SIGKILL')
    const orphan = place.call(['status'])
    expect(await orphan.ended).toBe(1)
    expect(orphan.err).toMatch(/^error: NOT_RUNNING /)
    await place.start()
    const shown = JSON.parse(await place.ok('messages', 'harbour', '--json')) as object
    expect(shown).toMatchObject({ id, text: 'before the fall' })
  })

  test('two starts at once: one runs, the other says so', async () => {
    const calls = [1, 2].map(() => place.call(['start', '--json']))
    const isOver = (call: Call): boolean => call.lines.length > 0 || call.child.exitCode !== null
    await until(() => calls.every(isOver))
    const ready = calls.filter((call) => call.lines.length > 0)
    const refused = calls.filter((call) => call.lines.length === 0)
    expect([ready.length, refused.length]).toEqual([1, 1])
    expect(await refused[0]!.ended).toBe(1)
    expect(refused[0]!.err).toMatch(/error: ALREADY_RUNNING /)
    expect(await place.json('status')).toMatchObject({ pid: ready[0]!.child.pid })
  })

  test('a taken port and a bad configuration are refused with what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const taken = place.call(['start', '--port', String(port)])
    expect(await taken.ended).toBe(1)
    expect(taken.err).toMatch(new RegExp(`^error: PORT_IN_USE .*${port}.*--port`))
    other.close()
    await writeFile(join(place.dir, 'config.json'), '{\n  "port": 0,\n  "lan": "yes"\n}')
    const bad = place.call(['start'])
    expect(await bad.ended).toBe(1)
    expect(bad.err).toMatch(/^error: BAD_CONFIG .*config\.json, line 3: "lan"/)
  })

  test('an error that nobody caught is logged without its words; the data is closed', async () => {
    const fault = "process.on('SIGUSR2', () => { throw new Error('very ' + 'secret') })"
    const node = await place.start([], { NODE_OPTIONS: `--import "data:text/javascript,${fault}"` })
    node.child.kill('SIGUSR2')
    expect(await node.ended).toBe(1)
    expect(node.err).toContain('"event":"node.failed"')
    expect(node.err).toContain('"event":"node.stopped"')
    expect(node.err).not.toContain('very secret')
    await expect(apiFile()).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
