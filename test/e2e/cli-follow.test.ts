import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { CliNode, type CliCall } from './cli-run.ts'
import { until } from './until.ts'

let node: CliNode
let room: string
let call: CliCall

beforeEach(async () => {
  node = await CliNode.start()
  room = (await node.json<{ id: string }>('room', 'create', 'harbour')).id
})
afterEach(async () => {
  call.interrupt()
  await call.done
  await node.close()
})

const ids = (): string[] => call.lines.map((line) => (JSON.parse(line) as { id: string }).id)

function add(from: number, to: number, at?: number): void {
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  node.engine.add(
    room,
    numbers.map((n) => node.engine.message(`n${n}`, `t${n}`)),
    at,
  )
}

async function follow(...flags: string[]): Promise<void> {
  call = node.call(['messages', 'harbour', '--follow', '--json', ...flags])
  // The first page is read once the stream is open: what comes from here on is new to both.
  await until(() => node.engine.pagesRead > 0)
}

function names(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `n${from + i}`)
}

describe('messages --follow', () => {
  test('begins with the newest, goes on with what comes, ends well on Ctrl-C', async () => {
    add(1, 5)
    await follow('--limit', '2')
    await until(() => ids().length === 2)
    add(6, 7)
    await until(() => ids().length === 4)
    expect(ids()).toEqual(['n4', 'n5', 'n6', 'n7'])
    call.interrupt()
    expect((await call.done).code).toBe(0)
  })

  test('shows late ones that belong earlier in the order', async () => {
    add(1, 2)
    await follow()
    await until(() => ids().length === 2)
    add(9, 9, 1)
    await until(() => ids().length === 3)
    expect(ids()).toEqual(['n1', 'n2', 'n9'])
  })

  test('does not take an old message that changed for a new one, nor show one twice', async () => {
    add(1, 9)
    await follow('--limit', '2')
    await until(() => ids().length === 2)
    await node.engine.react(room, 'n3', '👍', true)
    await node.engine.edit(room, 'n9', 'changed')
    node.engine.change(room, 'n4', { sentAt: 1 })
    add(10, 10)
    await until(() => ids().length === 3)
    expect(ids()).toEqual(['n8', 'n9', 'n10'])
  })

  test('--changes shows again what changed of what was shown', async () => {
    add(1, 9)
    await follow('--limit', '2', '--changes')
    await until(() => ids().length === 2)
    await node.engine.edit(room, 'n3', 'old')
    await node.engine.edit(room, 'n9', 'changed')
    await until(() => ids().length === 3)
    expect(ids()).toEqual(['n8', 'n9', 'n9'])
    expect(JSON.parse(call.lines[2]!)).toMatchObject({ text: 'changed' })
  })

  test('pages back when too many came at once, and doubles none', async () => {
    add(1, 10)
    await follow('--limit', '3')
    await until(() => ids().length === 3)
    add(11, 1500)
    await until(() => ids().length === 1493)
    add(1501, 1501)
    await until(() => ids().length === 1494)
    expect(ids()).toEqual(names(8, 1501))
  })

  test('in a room that was empty, all that comes belongs to it', async () => {
    await follow()
    add(1, 700)
    await until(() => ids().length === 700)
    add(701, 800, 0)
    await until(() => ids().length === 800)
    expect(new Set(ids()).size).toBe(800)
  })

  test('outlives a restart of the node: nothing is lost, nothing doubled', async () => {
    add(1, 3)
    await follow()
    await until(() => ids().length === 3)
    await node.pause()
    add(4, 6)
    await until(() => call.err.includes('does not answer'))
    await node.resume()
    await until(() => ids().length === 6)
    add(7, 7)
    await until(() => ids().length === 7)
    expect(ids()).toEqual(names(1, 7))
    expect(call.err).toContain('The node is back.')
  })
})
