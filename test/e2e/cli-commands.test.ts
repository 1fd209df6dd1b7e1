import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CliCall, CliNode } from './cli-run.ts'

let node: CliNode

beforeEach(async () => {
  node = await CliNode.start()
})
afterEach(() => node.close())

const room = (name = 'harbour'): Promise<{ id: string; name: string }> =>
  node.json('room', 'create', name)

describe('without a node', () => {
  test.each([
    [['status']],
    [['stop']],
    [['open']],
    [['room', 'list']],
    [['send', 'r', 'x']],
    [['messages', 'r', '--follow']],
  ])('%j is refused, and says what to do', async (argv) => {
    const dir = await mkdtemp(join(tmpdir(), 'porchlight-none-'))
    const { code, out, err } = await new CliCall([...argv, '--data', dir], {}).done
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^error: NOT_RUNNING .*porchlight start/)
    await rm(dir, { recursive: true })
  })

  test('what a killed node left is recognised', async () => {
    const file = { url: `http://127.0.0.1:${node.server.port}`, token: 'x', pid: 2 ** 22 + 1 }
    await writeFile(join(node.dir, 'api.json'), JSON.stringify(file))
    expect((await node.run(['status'])).err).toMatch(/^error: NOT_RUNNING /)
  })

  test('doctor looks at what it can', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'porchlight-none-'))
    const { code, out } = await new CliCall(['doctor', '--json', '--data', dir], {}).done
    expect(code).toBe(0)
    const findings = JSON.parse(out) as { check: string; ok: boolean; says: string; fix?: string }[]
    const checks = findings.map(({ check }) => check)
    for (const check of [
      'node',
      'interfaces',
      'multicast',
      'broadcast',
      'firewall',
      'clock',
      'disk',
      'permissions',
    ]) {
      expect(checks).toContain(check)
    }
    const running = findings.find(({ check }) => check === 'node')
    expect(running).toMatchObject({ ok: false, fix: expect.stringContaining('porchlight start') })
    for (const { says } of findings) expect(says).not.toBe('')
    await rm(dir, { recursive: true })
  })
})

describe('rooms', () => {
  test('the shapes of create, list, members, invite, join, leave', async () => {
    const made = await room()
    expect(made).toMatchObject({ id: expect.any(String), name: 'harbour' })
    expect(await node.json('room', 'list')).toEqual([
      expect.objectContaining({
        id: made.id,
        name: 'harbour',
        role: 'admin',
        members: 1,
        unread: 0,
        messages: 0,
      }),
    ])
    expect(await node.json('room', 'members', 'harbour')).toMatchObject([
      { name: 'Ada', self: true },
    ])
    const { invite } = await node.json<{ invite: string }>(
      'invite',
      made.id.slice(0, 5),
      '--uses',
      '2',
      '--expires',
      '24h',
      '--role',
      'reader',
    )
    expect(invite).toBe(`porchlight:${made.id}`)
    expect(node.engine.invited).toEqual([{ role: 'reader', uses: 2, expiresIn: 86_400_000 }])
    expect(await node.json('join', invite)).toMatchObject({
      id: made.id,
      name: 'harbour',
      state: 'waiting',
    })
    expect((await node.run(['room', 'leave', 'harbour'])).code).toBe(0)
    expect(await node.json('room', 'list')).toEqual([])
    await room('other')
    expect((await node.run(['leave', 'other'])).code).toBe(0)
    expect(await node.json('room', 'list')).toEqual([])
  })

  test('an ambiguous name lists the candidates; an unknown one says where to look', async () => {
    const ids = [(await room('same')).id, (await room('same')).id]
    for (const argv of [
      ['send', 'same', 'x'],
      ['messages', 'same'],
    ]) {
      const { code, err } = await node.run(argv)
      expect([code, err.slice(0, 17)]).toEqual([1, 'error: AMBIGUOUS '])
      for (const id of ids) expect(err).toContain(id.slice(0, 12))
    }
    node.engine.meet('b0'.repeat(32), 'Bob\u001b[2J', { confusable: true })
    const spoofed = await node.run(['member', 'remove', ids[0]!, 'Bob\u001b[2J'])
    expect(spoofed.err).toMatch(/^error: AMBIGUOUS .*Bob \[2J/)
    expect((await node.run(['send', 'nowhere', 'x'])).err).toMatch(/^error: NOT_FOUND .*room list/)
  })

  test('people get tables, colour only on a terminal', async () => {
    await room('harbour\u001b[31m')
    const piped = await node.run(['room', 'list'])
    const shown = await node.run(['room', 'list'], { terminal: true })
    expect(piped.out).toContain('harbour [31m')
    expect(piped.out).not.toContain('\u001b')
    expect(shown.out).toContain('\u001b[2mROOM')
    expect(shown.out).not.toContain('\u001b[31m')
  })
})

describe('messages', () => {
  test('send gives the id, of words, of standard input, as a reply', async () => {
    await room()
    expect(await node.json('send', 'harbour', 'The', 'ferry  is', 'late')).toEqual({ id: 'm1' })
    const piped = await node.run(['send', 'harbour', '-', '--json'], { input: 'line 1\nline 2\n' })
    expect(JSON.parse(piped.out)).toEqual({ id: 'm2' })
    const dashes = await node.run(['send', 'harbour', '--reply-to', 'm1', '--', '--dashes'])
    expect(dashes.code).toBe(0)
    const { out } = await node.run(['messages', 'harbour', '--json'])
    const shown = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(shown).toMatchObject([
      {
        id: 'm1',
        text: 'The ferry  is late',
        kind: 'text',
        delivery: { state: 'saved', devices: 0 },
      },
      { id: 'm2', text: 'line 1\nline 2' },
      { id: 'm3', text: '--dashes', replyTo: 'm1', authorName: 'Ada', author: expect.any(String) },
    ])
  })

  test('more from standard input than a message holds is refused', async () => {
    await room()
    const { code, err } = await node.run(['send', 'harbour', '-'], { input: 'x'.repeat(70_000) })
    expect([code, err.slice(0, 17)]).toEqual([1, 'error: TOO_LARGE '])
  })

  test('--limit and --before page, however many pages that takes', async () => {
    const { id } = await room()
    node.engine.add(
      id,
      Array.from({ length: 1200 }, (_, i) => node.engine.message(`n${i}`, `t${i}`)),
    )
    const ids = async (...flags: string[]): Promise<string[]> => {
      const { out } = await node.run(['messages', 'harbour', '--json', ...flags])
      return out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id)
    }
    expect(await ids('--limit', '2')).toEqual(['n1198', 'n1199'])
    expect(await ids('--limit', '2', '--before', 'n7')).toEqual(['n5', 'n6'])
    const many = await ids('--limit', '1100')
    expect([many.length, many[0], many.at(-1)]).toEqual([1100, 'n100', 'n1199'])
    expect(await ids('--limit', '5000')).toHaveLength(1200)
  })

  test('others’ text can not command the terminal, nor break a line of JSON', async () => {
    const { id } = await room()
    const evil = '\u001b]0;x\u0007\u009b31m\u202eabc\nnext'
    node.engine.add(id, [node.engine.message('n1', evil)])
    const { out } = await node.run(['messages', 'harbour'], { terminal: true })
    const bare = out.replaceAll(/\p{Cc}\[\d+m/gu, '').replaceAll('\n', '')
    expect(bare).not.toMatch(/[\p{Cc}\u202e]/u)
    const json = await node.run(['messages', 'harbour', '--json'])
    expect(json.out).not.toMatch(/[\u007f-\u009f\u202e]/)
    expect(json.out.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(json.out)).toMatchObject({ text: evil })
  })

  test('a person who has seen them has read them; a program has not', async () => {
    const { id } = await room()
    await node.json('send', 'harbour', 'hello')
    await node.run(['messages', 'harbour', '--json'])
    await node.run(['messages', 'harbour'])
    expect(node.engine.read).toEqual([])
    await node.run(['messages', 'harbour'], { terminal: true })
    expect(node.engine.read).toEqual([[id, 'm1']])
  })
})

describe('node', () => {
  test('status, transports, open', async () => {
    expect(await node.json('status')).toMatchObject({
      device: expect.any(String),
      name: 'Ada',
      version: expect.any(String),
      transports: {},
      peers: [],
      rooms: 0,
      storage: { used: 1, free: 2, quota: null },
    })
    expect(await node.json('transport', 'list')).toMatchObject([{ id: 'lan', state: 'on' }])
    expect(await node.json('transport', 'off', 'lan')).toMatchObject({ id: 'lan', state: 'off' })
    expect(await node.json('transport', 'on', 'lan')).toMatchObject({ id: 'lan', state: 'on' })
    expect((await node.run(['transport', 'on', 'smoke'])).err).toMatch(/^error: NOT_FOUND /)
    await node.json('transport', 'add', '192.0.2.3:99')
    expect(node.engine.dialled).toEqual(['192.0.2.3:99'])
    const { url } = await node.json<{ url: string }>('open')
    expect(url).toContain(`http://127.0.0.1:${node.server.port}/#code=`)
    expect((await node.run(['status'])).out).toContain('Ada')
  })
})
