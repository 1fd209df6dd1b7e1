import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { CliNode, type CliCall } from './cli-run.ts'
import { FAKE_PAIRING } from './fake-devices.ts'
import { until } from './until.ts'

let node: CliNode

beforeEach(async () => {
  node = await CliNode.start()
})
afterEach(() => node.close())

const ASKING = { state: 'asking', device: { id: 'ab', name: 'phone' }, digits: '482913' } as const
const parsed = (call: CliCall): object[] => call.lines.map((line) => JSON.parse(line) as object)
const watched = (): Promise<void> => until(() => node.server.events.streams > 0)

describe('device pair, on the device that is there', () => {
  test('as a program: the code first, then how it goes', async () => {
    const call = node.call(['device', 'pair', '--json'])
    await until(() => call.lines.length === 2)
    expect(node.engine.devices.offers).toEqual([{ confirm: false }])
    node.engine.devices.move(ASKING)
    await until(() => call.lines.length === 3)
    node.engine.devices.move({ state: 'paired' })
    expect((await call.done).code).toBe(0)
    expect(parsed(call)).toEqual([
      { code: FAKE_PAIRING, expiresAt: expect.any(Number) },
      { state: 'offered' },
      ASKING,
      { state: 'paired' },
    ])
    expect(node.engine.devices.answers).toEqual([])
  })

  test.each([
    ['y\n', true, 0],
    ['Yes\n', true, 0],
    ['n\n', false, 1],
    ['\n', false, 1],
    ['', false, 1],
  ])('on a terminal it asks: %j', async (input, accepted, code) => {
    const call = node.call(['device', 'pair'], { terminal: true, input })
    await watched()
    expect(node.engine.devices.offers).toEqual([{ confirm: true }])
    node.engine.devices.move(ASKING)
    const ran = await call.done
    expect([ran.code, node.engine.devices.answers]).toEqual([code, [accepted]])
    expect(ran.out).toContain(FAKE_PAIRING)
    expect(ran.out).toMatch(/[█▀▄]/)
    expect(ran.out).toContain('phone')
    expect(ran.out).toContain('482 913')
    expect(ran.err).toBe(accepted ? '' : 'error: NOT_ALLOWED You refused the device.\n')
  })

  test('--confirm asks a program too; with no answer there, another may give it', async () => {
    const call = node.call(['device', 'pair', '--json', '--confirm'], { input: '' })
    await until(() => call.lines.length === 2)
    node.engine.devices.move(ASKING)
    await until(() => call.lines.length === 3)
    node.engine.devices.answer(true)
    expect((await call.done).code).toBe(0)
    expect(node.engine.devices.answers).toEqual([true])
  })

  test('a device that gives up ends the question', async () => {
    const call = node.call(['device', 'pair'], { terminal: true })
    await watched()
    node.engine.devices.move(ASKING)
    await until(() => call.out.includes('[y/N]'))
    node.engine.devices.move({ state: 'failed', words: 'The other device went away.' })
    const { code, err } = await call.done
    expect([code, err]).toEqual([1, 'error: NOT_ALLOWED The other device went away.\n'])
    expect(node.engine.devices.answers).toEqual([])
  })

  test('an offer that ended unused says so; Ctrl-C just ends', async () => {
    const call = node.call(['device', 'pair', '--json'])
    await until(() => call.lines.length === 2)
    node.engine.devices.move({ state: 'idle' })
    expect((await call.done).err).toMatch(/^error: TIMED_OUT /)
    const other = node.call(['device', 'pair', '--json'])
    await until(() => other.lines.length === 2)
    other.interrupt()
    expect((await other.done).code).toBe(0)
  })
})

describe('device pair CODE, on the new device', () => {
  test('shows the digits, waits, and is one of them', async () => {
    const call = node.call(['device', 'pair', FAKE_PAIRING, '--name', 'phone'])
    await watched()
    await until(() => node.engine.devices.paired.length === 1)
    node.engine.devices.move(ASKING)
    await until(() => call.out.includes('482 913'))
    node.engine.devices.finishPairing()
    const { code, out } = await call.done
    expect(code).toBe(0)
    expect(out).toContain('This device is yours now.')
    expect(out).toContain('laptop (this one)')
    expect(node.engine.devices.paired).toEqual([{ code: FAKE_PAIRING, name: 'phone' }])
  })

  test('a JSON line for each step', async () => {
    const call = node.call(['device', 'pair', FAKE_PAIRING, '--json'])
    await watched()
    await until(() => node.engine.devices.paired.length === 1)
    node.engine.devices.move(ASKING)
    await until(() => call.lines.length === 1)
    node.engine.devices.finishPairing()
    await call.done
    expect(parsed(call)).toEqual([
      ASKING,
      { state: 'paired', devices: [expect.objectContaining({ here: true })] },
    ])
  })

  test('digits that came and went unseen are told in the end, once', async () => {
    const call = node.call(['device', 'pair', FAKE_PAIRING, '--json'])
    await watched()
    await until(() => node.engine.devices.paired.length === 1)
    node.server.events.follow(null)
    node.engine.devices.move(ASKING)
    node.engine.devices.finishPairing()
    await call.done
    expect(parsed(call)).toEqual([
      ASKING,
      { state: 'paired', devices: [expect.objectContaining({ here: true })] },
    ])
  })

  test('a bad code is refused; Ctrl-C takes it back', async () => {
    const bad = await node.run(['device', 'pair', 'nonsense'])
    expect([bad.code, bad.err]).toEqual([1, 'error: BAD_INVITE That is no pairing code.\n'])
    const call = node.call(['device', 'pair', FAKE_PAIRING])
    await until(() => node.engine.devices.paired.length === 1)
    call.interrupt()
    const { code, err } = await call.done
    expect([code, err]).toEqual([1, 'error: NOT_ALLOWED You ended the pairing; nothing changed.\n'])
  })
})

test('list and remove', async () => {
  node.engine.devices.add('ab'.repeat(32), 'phone')
  expect(await node.json('device', 'list')).toEqual([
    { id: expect.any(String), name: 'laptop', here: true, since: expect.any(Number) },
    { id: 'ab'.repeat(32), name: 'phone', here: false, since: expect.any(Number) },
  ])
  expect(await node.json('device', 'remove', 'phone')).toMatchObject({ name: 'phone' })
  expect(await node.json('device', 'list')).toHaveLength(1)
  expect((await node.run(['device', 'remove', 'phone'])).err).toMatch(
    /^error: NOT_FOUND .*device list/,
  )
})
