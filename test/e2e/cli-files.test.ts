import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { FileView } from '../../core/files/api.ts'
import { CliNode } from './cli-run.ts'
import { fakeFile, type FakeFiles } from './fake-files.ts'
import { until } from './until.ts'

const ID = 'ab'.repeat(16)
let node: CliNode
let room: string
let files: FakeFiles
let dir: string

beforeEach(async () => {
  node = await CliNode.start()
  room = (await node.engine.createRoom('harbour')).id
  files = node.engine.files
  dir = await mkdtemp(join(tmpdir(), 'porchlight-cli-files-'))
})
afterEach(async () => {
  await node.close()
  await rm(dir, { recursive: true })
})

const offer = (bytes = 1000, name = 'map.iso'): FileView =>
  node.engine.offer(room, fakeFile(ID, name, Buffer.alloc(bytes)))

describe('file send', () => {
  test('gives id, name and size; a path is meant from where the person is', async () => {
    const path = join(dir, 'notes.txt')
    await writeFile(path, 'some notes')
    const sent = await node.json<FileView>('file', 'send', 'harbour', relative('.', path))
    expect(sent).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'notes.txt' })
    expect(sent.size).toBe(10)
    expect(files.sent).toMatchObject([{ path }])
    const said = ['--text', 'look', '--name', 'n', '--expires', '1h', '--reply-to', 'm1']
    const { code, out } = await node.run(['file', 'send', 'harbour', path, ...said])
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^Sent n \(10 B\)\. .*\n.*leave it there/),
    ])
    expect(files.sent[1]).toMatchObject({
      text: 'look',
      name: 'n',
      expiresIn: 3_600_000,
      replyTo: 'm1',
    })
  })

  test('of a folder says how many files it has', async () => {
    await mkdir(join(dir, 'maps'))
    await writeFile(join(dir, 'maps', 'a'), 'a')
    await writeFile(join(dir, 'maps', 'b'), 'bb')
    const { out } = await node.run(['file', 'send', 'harbour', join(dir, 'maps')])
    expect(out).toMatch(/^Sent maps\/ \(2 files, 3 B\)\./)
  })

  test('of what is not there is refused', async () => {
    const { code, err } = await node.run(['file', 'send', 'harbour', join(dir, 'none')])
    expect([code, err]).toEqual([1, expect.stringMatching(/^error: NOT_FOUND /)])
  })
})

describe('file list and show', () => {
  test('the shape of list', async () => {
    expect(await node.json('file', 'list', 'harbour')).toEqual([])
    expect((await node.run(['file', 'list', 'harbour'])).out).toContain('porchlight file send')
    offer()
    expect(await node.json('file', 'list', 'harbour')).toMatchObject([
      { id: ID, name: 'map.iso', size: 1000, state: 'remote', have: 0, sources: 1 },
    ])
  })

  test('people see a table, and why one stands still', async () => {
    offer(2_500_000, 'map\u001b[31m.iso')
    files.move(room, ID, { state: 'failed', have: 1_000_000, reason: 'disk-full', words: 'Full.' })
    const { out } = await node.run(['file', 'list', 'harbour'])
    expect(out).toMatch(/^FILE +NAME +SIZE +STATE +SOURCES +FROM\n/)
    expect(out).toContain(
      'abababababab  map [31m.iso  2.5 MB  failed 40 %  1        Bob   the disk',
    )
    const { out: shown } = await node.run(['file', 'show', 'harbour', 'abab'])
    expect(shown).toContain('failed 40 %; 1 device in reach has some of it\nFull.\n')
    expect(await node.json('file', 'show', 'harbour', ID)).toMatchObject({ reason: 'disk-full' })
  })

  test('what a folder holds', async () => {
    const content = new Map([['deep/a.txt', Buffer.from('abc')]])
    node.engine.offer(room, fakeFile(ID, 'maps', content))
    const { out } = await node.run(['file', 'show', 'harbour', 'maps', '--contents'])
    expect(out).toContain('\n  deep/a.txt  3 B\n')
    const json = await node.json('file', 'show', 'harbour', 'maps', '--contents')
    expect(json).toMatchObject({ contents: [{ path: 'deep/a.txt', size: 3 }] })
  })
})

describe('file get', () => {
  test('waits until all of it is here, and says where it is', async () => {
    offer()
    const call = node.call(['file', 'get', 'harbour', 'map.iso', '--json'])
    await until(() => files.asked.some(([what]) => what === 'fetch'))
    files.arrive(room, ID, 400)
    files.arrive(room, ID)
    const { code, out, err } = await call.done
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toEqual({ path: '/received/map.iso', size: 1000, seconds: 1.5 })
  })

  test('--out is meant from where the person is', async () => {
    offer()
    files.instant = true
    const out = relative('.', join(dir, 'here'))
    expect(await node.json('file', 'get', 'harbour', ID, '--out', out)).toMatchObject({
      path: join(dir, 'here'),
    })
  })

  test('a terminal shows how far it is; a pipe does not', async () => {
    offer(10_000_000)
    for (const terminal of [true, false]) {
      files.move(room, ID, { state: 'remote', have: 0 })
      const call = node.call(['file', 'get', 'harbour', ID], { terminal })
      await until(() => files.asked.at(-1)?.[0] === 'fetch')
      files.move(room, ID, { have: 4_500_000, rate: 1_100_000 })
      const asked = { rate: 1_100_000, state: 'downloading' } as const
      if (terminal) {
        await until(() => call.err.includes('45 %'))
        files.move(room, ID, asked)
      }
      files.arrive(room, ID)
      const { code, out, err } = await call.done
      const shown = terminal
        ? /map\.iso {2}45 % {2}4\.5 MB of 10\.0 MB {2}1\.1 MB\/s {2}5 s left {2}from 1 device/
        : /^$/
      expect([code, err, out]).toEqual([
        0,
        expect.stringMatching(shown),
        '/received/map.iso\n10.0 MB in 1.5 s at 6.7 MB/s\n',
      ])
      expect(err.endsWith(terminal ? '\r\u001b[K' : '')).toBe(true)
      files.asked.length = 0
    }
  })

  test('says so when nobody in reach has it, and ends after --timeout; the node goes on', async () => {
    offer()
    files.move(room, ID, { sources: 0 })
    const call = node.call(['file', 'get', 'harbour', ID])
    await until(() => call.err.includes('Nobody in reach has it now'))
    call.interrupt()
    const { code, err } = await call.done
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/error: WAITING The node goes on .*file cancel harbour abababababab/),
    ])
    expect((await files.show(room, ID)).state).toBe('downloading')
    const late = await node.run(['file', 'get', 'harbour', ID, '--timeout', '1s'])
    expect([late.code, late.err]).toEqual([
      1,
      expect.stringMatching(
        /error: TIMED_OUT map\.iso is not all here after 1 s\. The node goes on/,
      ),
    ])
    expect((await files.show(room, ID)).state).toBe('downloading')
  })

  test('tells why it stands still, once', async () => {
    offer()
    const call = node.call(['file', 'get', 'harbour', ID])
    await until(() => files.asked.some(([what]) => what === 'fetch'))
    files.move(room, ID, { reason: 'quota', words: 'The quota is reached: raise it.' })
    await until(() => call.err.includes('The quota is reached'))
    let looks = 0
    const show = files.show.bind(files)
    files.show = (...args) => {
      looks++
      return show(...args)
    }
    await until(() => looks >= 2)
    files.arrive(room, ID)
    const { code, err } = await call.done
    expect([code, err]).toEqual([0, 'The quota is reached: raise it.\n'])
  })

  test('ends with words when it is cancelled elsewhere', async () => {
    offer()
    const call = node.call(['file', 'get', 'harbour', ID])
    await until(() => files.asked.some(([what]) => what === 'fetch'))
    await files.cancel(room, ID)
    expect(await call.done).toMatchObject({
      code: 1,
      err: 'error: NOT_ALLOWED It was cancelled.\n',
    })
  })
})

describe('file pause, resume, cancel, delete', () => {
  test('do what they say', async () => {
    offer()
    await files.fetch(room, ID)
    files.arrive(room, ID, 400)
    expect(await node.json('file', 'pause', 'harbour', ID)).toMatchObject({ state: 'paused' })
    expect((await node.run(['file', 'resume', 'harbour', 'map.iso'])).out).toBe(
      'map.iso goes on: downloading 40 %.\n',
    )
    expect(await node.json('file', 'cancel', 'harbour', ID)).toMatchObject({ have: 0 })
    expect(await node.json('file', 'delete', 'harbour', 'abab')).toEqual({
      id: ID,
      name: 'map.iso',
      everyone: false,
    })
    const { out } = await node.run(['file', 'delete', 'harbour', 'abab', '--everyone'])
    expect(out).toBe('map.iso was deleted for everyone.\n')
    expect(await node.json('file', 'list', 'harbour')).toEqual([])
  })
})

describe('file policy and quota', () => {
  test('are shown and changed, of the device and of a room', async () => {
    expect((await node.run(['file', 'policy'])).out).toBe(
      [
        'Fetched without being asked for:',
        '  local network  up to 100 MB',
        '  internet       up to 25.0 MB',
        '  Bluetooth      up to 64.0 kB',
        '  other ways     up to 25.0 MB',
        'Kept  until you delete it',
        '',
      ].join('\n'),
    )
    const limits = ['--auto-lan', '1.5GiB', '--auto-dht', '0', '--keep', '30d']
    expect(await node.json('file', 'policy', 'harbour', ...limits)).toEqual({
      autoFetch: { lan: 1_610_612_736, dht: 0, ble: 64_000, other: 25_000_000 },
      keepFor: 2_592_000_000,
    })
    const shown = await node.run(['file', 'policy', 'harbour'])
    expect(shown.out).toContain('internet       nothing')
    expect(shown.out).toContain('Kept  30 d')
    const back = ['--auto-default', '--keep', 'default']
    expect(await node.json('file', 'policy', 'harbour', ...back)).toEqual(
      await node.json('file', 'policy'),
    )
    expect(await node.json('file', 'policy', '--keep', 'forever')).toMatchObject({ keepFor: null })
    expect(await node.json('file', 'quota', '20GB')).toEqual({ used: 0, quota: 20_000_000_000 })
    expect((await node.run(['file', 'quota'])).out).toBe(
      'Received files take 0 B; at most 20.0 GB.\n',
    )
    expect(await node.json('file', 'quota', 'none')).toEqual({ used: 0, quota: null })
  })
})

describe('messages', () => {
  test('show a file on one line, with the command to get it', async () => {
    offer(2_500_000)
    const { out } = await node.run(['messages', 'harbour'])
    expect(out).toMatch(
      new RegExp(
        `Bob: \\[map\\.iso {2}2\\.5 MB {2}remote\\] {2}porchlight file get ${room.slice(0, 12)} abababababab`,
      ),
    )
    const json = await node.run(['messages', 'harbour', '--json'])
    expect(JSON.parse(json.out)).toMatchObject({
      kind: 'file',
      file: { id: ID, name: 'map.iso', size: 2_500_000, state: 'remote' },
    })
  })
})
