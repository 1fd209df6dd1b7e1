import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readApiFile } from '../../node-app/api-file.ts'
import type { FileGot, FileView, Status } from '../../node-app/api/schemas.ts'
import { directorySize } from '../../node-app/storage.ts'
import { Place, type Call } from './cli-process.ts'
import { until } from './until.ts'

let ada: Place
let grace: Place
let adasNode: Call
let dir: string
let room: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-files-'))
  ada = await Place.make()
  grace = await Place.make()
  adasNode = await ada.start(['--name', 'Ada'])
  await grace.start(['--name', 'Grace'])
  room = (await ada.json<{ id: string }>('room', 'create', 'harbour')).id
  const { invite } = await ada.json<{ invite: string }>('invite', 'harbour')
  await grace.join(invite)
  // What comes does so when it is asked for.
  await grace.json('file', 'policy', '--auto-lan', '0', '--auto-other', '0')
})
afterAll(async () => {
  await ada.close()
  await grace.close()
  await rm(dir, { recursive: true, force: true })
})

/** A file of Ada's that Grace has heard of. */
async function sent(path: string, ...flags: string[]): Promise<FileView> {
  const view = await ada.json<FileView>('file', 'send', 'harbour', path, ...flags)
  await until(async () => (await listed(view.id)) !== undefined)
  return view
}

async function listed(id: string): Promise<FileView | undefined> {
  const files = await grace.json<FileView[]>('file', 'list', 'harbour')
  return files.find((file) => file.id === id)
}

async function made(name: string, bytes: number): Promise<{ path: string; content: Buffer }> {
  const [path, content] = [join(dir, name), randomBytes(bytes)]
  await writeFile(path, content)
  return { path, content }
}

describe('two nodes on loopback', () => {
  test('a file is sent in place, listed, fetched to where it is wanted', async () => {
    const { path, content } = await made('map.bin', 3_000_000)
    const view = await sent(path, '--text', 'the map')
    expect(view).toMatchObject({ name: 'map.bin', size: 3_000_000, state: 'complete', own: true })
    await until(async () => (await listed(view.id))!.sources === 1)
    expect(await listed(view.id)).toMatchObject({ state: 'remote', have: 0, authorName: 'Ada' })
    const out = join(dir, 'got.bin')
    const got = await grace.json<FileGot>('file', 'get', 'harbour', 'map.bin', '--out', out)
    expect(got).toMatchObject({ path: out, size: 3_000_000, seconds: expect.any(Number) })
    expect((await readFile(out)).equals(content)).toBe(true)
    const [message] = await grace.jsonLines('messages', 'harbour')
    expect(message).toMatchObject({
      kind: 'file',
      text: 'the map',
      file: { id: view.id, name: 'map.bin', size: 3_000_000, state: 'complete' },
    })
    const again = grace.call(['file', 'get', 'harbour', view.id, '--out', out])
    expect(await again.ended).toBe(1)
    expect(again.err).toMatch(/^error: EXISTS /)
  })

  test('a folder comes as a folder', async () => {
    const folder = join(dir, 'maps')
    await mkdir(join(folder, 'deep'), { recursive: true })
    const a = await made('maps/a.bin', 100_000)
    const b = await made('maps/deep/b.bin', 200_000)
    const view = await sent(folder)
    expect(view).toMatchObject({ name: 'maps', size: 300_000, files: 2 })
    await mkdir(join(dir, 'here'))
    const { path } = await grace.json<FileGot>(
      'file',
      'get',
      'harbour',
      view.id.slice(0, 10),
      '--out',
      join(dir, 'here'),
    )
    expect(path).toBe(join(dir, 'here', 'maps'))
    expect((await readdir(path, { recursive: true })).sort()).toEqual([
      'a.bin',
      'deep',
      join('deep', 'b.bin'),
    ])
    expect((await readFile(join(path, 'a.bin'))).equals(a.content)).toBe(true)
    expect((await readFile(join(path, 'deep', 'b.bin'))).equals(b.content)).toBe(true)
  })

  test('a part of a file is read before the rest of it is here', async () => {
    const { path, content } = await made('film.mp4', 4_000_000)
    const view = await sent(path)
    const { url, token } = (await readApiFile(grace.dir))!
    const target = new URL(`/api/v1/rooms/${room}/files/${view.id}/content`, url)
    const headers = { authorization: `Bearer ${token}`, range: 'bytes=2000000-2099999' }
    const part = await new Promise<Buffer>((resolve, reject) => {
      const asked = request(target, { headers, agent: false }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (bytes: Buffer) => parts.push(bytes))
        response.once('error', reject)
        response.once('end', () => resolve(Buffer.concat(parts)))
      })
      asked.once('error', reject)
      asked.end()
    })
    expect(part.equals(content.subarray(2_000_000, 2_100_000))).toBe(true)
  })

  test('deleting frees the bytes', async () => {
    const { path } = await made('heavy.bin', 8_000_000)
    const view = await sent(path)
    const files = join(grace.dir, 'files')
    const before = await directorySize(files)
    const got = await grace.json<FileGot>('file', 'get', 'harbour', 'heavy.bin')
    expect(got.path.startsWith(files)).toBe(true)
    expect((await directorySize(files)) - before).toBeGreaterThanOrEqual(8_000_000)
    await grace.json('file', 'delete', 'harbour', 'heavy.bin')
    expect((await directorySize(files)) - before).toBeLessThan(500_000)
    expect(await listed(view.id)).toMatchObject({ state: 'remote', have: 0 })
  })

  test('paused stays paused, cancelled is forgotten, resumed comes; also while the sender was away', async () => {
    const kept = await sent((await made('later.bin', 500_000)).path)
    const dropped = await sent((await made('never.bin', 500_000)).path)
    adasNode.child.kill('SIGTERM')
    await adasNode.ended
    await until(async () => {
      const { peers } = await grace.json<Status>('status')
      return !peers.some(({ name }) => name === 'Ada')
    })
    const waiting = grace.call(['file', 'get', 'harbour', 'later.bin', '--timeout', '2s'])
    expect(await waiting.ended).toBe(1)
    expect(waiting.err).toMatch(/error: TIMED_OUT .*The node goes on/)
    expect(await listed(kept.id)).toMatchObject({ state: 'downloading', have: 0 })
    expect(await grace.json('file', 'pause', 'harbour', 'later.bin')).toMatchObject({
      state: 'paused',
    })
    const other = grace.call(['file', 'get', 'harbour', 'never.bin', '--timeout', '1s'])
    expect(await other.ended).toBe(1)
    expect(await grace.json('file', 'cancel', 'harbour', 'never.bin')).toMatchObject({
      state: 'remote',
    })
    adasNode = await ada.start()
    await until(async () => (await listed(kept.id))!.sources === 1)
    expect(await listed(kept.id)).toMatchObject({ state: 'paused', have: 0 })
    await grace.json('file', 'resume', 'harbour', 'later.bin')
    await until(async () => (await listed(kept.id))!.state === 'complete')
    expect(await listed(dropped.id)).toMatchObject({ state: 'remote', have: 0 })
  })

  test('a file deleted for everyone is gone for everyone', async () => {
    const view = await sent((await made('mistake.bin', 100_000)).path)
    await grace.json('file', 'get', 'harbour', 'mistake.bin')
    await ada.json('file', 'delete', 'harbour', 'mistake.bin', '--everyone')
    await until(async () => (await listed(view.id)) === undefined)
    const found = await readdir(join(grace.dir, 'files'), { recursive: true })
    expect(found.filter((name) => name.includes('mistake'))).toEqual([])
  })
})
