import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { readApiFile } from '../../node-app/api-file.ts'
import type { Finding, Status } from '../../node-app/api/schemas.ts'
import { ApiClient } from '../../node-app/cli/client.ts'
import { Daemon } from '../../node-app/daemon.ts'
import { FakeEngine } from './fake-engine.ts'

let dir: string
let engine: FakeEngine
let daemon: Daemon | undefined

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-daemon-'))
  engine = new FakeEngine()
  daemon = undefined
})
afterEach(async () => {
  await daemon?.close()
  await rm(dir, { recursive: true })
})

const start = (
  options: { port?: number; name?: string; engine?: FakeEngine } = {},
): Promise<Daemon> =>
  Daemon.start({
    dir,
    name: options.name,
    port: options.port ?? 0,
    transports: [],
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    openEngine: async () => options.engine ?? engine,
  })

describe('daemon', () => {
  test('serves what it opened, and leaves nothing but the data', async () => {
    await chmod(dir, 0o755)
    await writeFile(join(dir, 'notes'), 'x'.repeat(10_000))
    daemon = await start({ name: 'Grace' })
    expect((await stat(dir)).mode & 0o777).toBe(0o700)
    expect((await stat(join(dir, 'api.json'))).mode & 0o777).toBe(0o600)
    const client = await ApiClient.connect(dir)
    expect(client.url).toBe(daemon.url)
    const status = await client.get<Status>('/status')
    expect(status).toMatchObject({ name: 'Grace', pid: process.pid, rooms: 0 })
    expect(status.transports).toEqual({ lan: expect.objectContaining({ state: 'on' }) })
    expect(status.storage.used).toBeGreaterThanOrEqual(10_000)
    expect(status.storage.free).toBeGreaterThan(0)
    await daemon.close()
    await daemon.closed
    expect(engine.closed).toBe(true)
    expect(await readdir(dir)).toEqual(['keys.json', 'notes'])
  })

  test('keeps its data from a second one, which disturbs nothing', async () => {
    daemon = await start()
    const before = await readApiFile(dir)
    const second = new FakeEngine()
    await expect(start({ engine: second })).rejects.toMatchObject({ code: 'ALREADY_RUNNING' })
    expect(await readApiFile(dir)).toEqual(before)
    expect((await (await ApiClient.connect(dir)).get<Status>('/status')).name).toBe('Ada')
  })

  test('a port that is taken is named, and nothing stays open', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    await expect(start({ port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(new RegExp(`${port}.*--port`)),
    })
    expect(engine.closed).toBe(true)
    expect(await readdir(dir)).toEqual(['keys.json'])
    other.close()
  })

  test('stops when the API is told to, with streams open', async () => {
    daemon = await start()
    const client = await ApiClient.connect(dir)
    const events = client.events(undefined, new AbortController().signal)
    expect((await events.next()).value).toMatchObject({ event: 'open' })
    await client.post('/stop')
    await daemon.closed
    await expect(
      (async () => {
        for (;;) if ((await events.next()).done) throw new Error('ended')
      })(),
    ).rejects.toThrow(/ended|aborted/)
    expect(engine.closed).toBe(true)
  })

  test('an engine that does not open leaves no lock', async () => {
    const broken = Daemon.start({
      dir,
      name: undefined,
      port: 0,
      transports: [],
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      openEngine: async () => {
        throw new Error('no')
      },
    })
    await expect(broken).rejects.toThrow('no')
    expect(await readdir(dir)).toEqual(['keys.json'])
  })

  test('its doctor knows that it runs, and whom it meets', async () => {
    daemon = await start()
    const findings = await (await ApiClient.connect(dir)).get<Finding[]>('/doctor')
    const of = (check: string): Finding | undefined => findings.find((f) => f.check === check)
    expect(of('node')).toMatchObject({ ok: true, says: expect.stringContaining(daemon.url) })
    expect(of('lan')).toMatchObject({ ok: true, says: expect.stringContaining('192.0.2.7:4748') })
    expect(of('permissions')).toMatchObject({ ok: true })
  })
})
