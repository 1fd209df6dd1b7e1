import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliNode } from './cli-run.ts'
import { FAKE_CODE } from './fake-people.ts'

let node: CliNode

beforeEach(async () => {
  node = await CliNode.start()
  await node.json('room', 'create', 'harbour')
  node.engine.meet(BOB, 'Bob')
})
afterEach(() => node.close())

const BOB = 'b0'.repeat(32)

describe('verify', () => {
  test('shows the code, and on a terminal a QR code, with what to do', async () => {
    const view = { code: FAKE_CODE, qr: 'porchlight-verify:b0b0b0b0', verified: false }
    expect(await node.json('verify', 'harbour', 'Bob')).toEqual(view)
    const piped = await node.run(['verify', 'harbour', 'Bob'])
    expect(piped.out).toContain(FAKE_CODE)
    expect(piped.out).toContain('--confirmed')
    expect(piped.out).not.toMatch(/[█▀▄]/)
    const shown = await node.run(['verify', 'harbour', 'Bob'], { terminal: true })
    expect(shown.out).toMatch(/[█▀▄]/)
  })

  test.each([
    ['--code', FAKE_CODE],
    ['--qr', 'porchlight-verify:b0b0b0b0'],
    ['--confirmed', undefined],
  ])('%s makes it so, --undo takes it back', async (flag, value) => {
    const argv = ['verify', 'harbour', 'Bob', flag, ...(value === undefined ? [] : [value])]
    expect(await node.json(...argv)).toMatchObject({ verified: true })
    expect([...node.engine.people.verified]).toEqual([BOB])
    expect(await node.json('verify', 'harbour', 'Bob', '--undo')).toMatchObject({ verified: false })
  })

  test('A3, A9: what does not fit is refused, and warned of until acknowledged', async () => {
    const { code, out, err } = await node.run(['verify', 'harbour', 'Bob', '--code', '1'])
    expect([code, out, err.slice(0, 16)]).toEqual([1, '', 'error: MISMATCH '])
    expect([...node.engine.people.verified]).toEqual([])
    const [warning] = (await node.json('warnings')) as [{ id: string; person: string }]
    expect(warning).toMatchObject({ kind: 'code-mismatch', person: BOB })
    expect((await node.run(['warnings'])).out).toContain('Compare the codes in person.')
    expect(await node.json('warnings')).toHaveLength(1)
    await node.json('warnings', 'acknowledge', warning.id.slice(0, 4))
    expect((await node.run(['warnings'])).out).toBe('There are no warnings.\n')
  })

  test('one does not verify oneself', async () => {
    const { code, err } = await node.run(['verify', 'harbour', 'Ada'])
    expect([code, err]).toEqual([2, expect.stringContaining('This is you')])
  })
})

test('block and unblock', async () => {
  expect(await node.json('block', 'harbour', 'Bob')).toEqual({
    id: BOB,
    name: 'Bob',
    blocked: true,
  })
  expect([...node.engine.people.blocked]).toEqual([BOB])
  node.engine.others.clear()
  expect(await node.json('unblock', 'harbour', BOB)).toMatchObject({ id: BOB, blocked: false })
  expect([...node.engine.people.blocked]).toEqual([])
})

describe('identity', () => {
  test('avatar: a small file, or none', async () => {
    const file = join(node.dir, 'me.png')
    await writeFile(file, Buffer.alloc(24_576, 1))
    expect(await node.json('identity', 'avatar', file)).toEqual({ bytes: 24_576 })
    expect(node.engine.avatar).toEqual(Buffer.alloc(24_576, 1))
    await node.json('identity', 'avatar', '--remove')
    expect(node.engine.avatar).toBeNull()
  })

  test('avatar: too large, missing, or no file at all', async () => {
    const file = join(node.dir, 'big.png')
    await writeFile(file, Buffer.alloc(24_577))
    for (const [path, code] of [
      [file, 'TOO_LARGE'],
      [`${file}.no`, 'NOT_FOUND'],
      ['/dev/zero', 'NOT_FOUND'],
      [node.dir, 'NOT_FOUND'],
    ] as const) {
      const ran = await node.run(['identity', 'avatar', path])
      expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(`^error: ${code} `)])
    }
  })

  test('receipts: on, off, and which', async () => {
    expect(await node.json('identity', 'receipts')).toEqual({ on: true })
    expect(await node.json('identity', 'receipts', 'off')).toEqual({ on: false })
    expect((await node.run(['identity', 'receipts'])).out).toBe(
      'Others are not told what you read.\n',
    )
  })
})
