/** What the fault tests do with nodes, and expect of them. */
import { expect } from '@jest/globals'
import type { MessageView } from '../../core/api.ts'
import { until } from '../compliance/until.ts'
import type { NodeProcess } from './node-process.ts'

/** A new room of `device` with `other` as its member, once `meet` linked the two. */
export async function befriend(
  device: NodeProcess,
  other: NodeProcess,
  meet: (device: NodeProcess, other: NodeProcess) => Promise<void> = link,
): Promise<string> {
  const { id } = await device.ask('createRoom', 'Room')
  await meet(device, other)
  await other.ask('join', await device.ask('invite', id))
  await until('the other to be let in', async () => {
    return (await other.ask('rooms')).some((room) => room.id === id && room.state === 'joined')
  })
  return id
}

/** Puts both online and links them. */
export async function link(device: NodeProcess, other: NodeProcess): Promise<void> {
  await other.call('online')
  const [address] = await device.call<string[]>('online')
  await other.call('dial', address)
}

/** Waits until all show `count` messages in one order; gives them. */
export async function settled(
  nodes: readonly NodeProcess[],
  room: string,
  count: number,
): Promise<MessageView[]> {
  let last: string[][] = []
  try {
    return await until(`${count} messages in one order`, async () => {
      const histories = await Promise.all(nodes.map((node) => node.history(room)))
      last = histories.map((history) => history.map(({ id, text }) => `${id.slice(-8)} ${text}`))
      const ids = histories.map((history) => history.map(({ id }) => id).join())
      return histories[0]!.length >= count && new Set(ids).size === 1 && histories[0]!
    })
  } catch (error) {
    const shown = last.map((texts, n) => {
      return `${texts.length}: ${texts.join(', ')}; logged ${nodes[n]!.logged.join(' ')}`
    })
    throw new Error(`${(error as Error).message}\n${shown.join('\n')}`, { cause: error })
  }
}

/** All that was acknowledged (id → text) is shown, as it was written, and nothing twice. */
export function expectKept(
  history: readonly MessageView[],
  acknowledged: ReadonlyMap<string, string>,
): void {
  const shown = new Map(history.map(({ id, text }) => [id, text]))
  expect([...acknowledged].filter(([id, text]) => shown.get(id) !== text)).toEqual([])
  expect(new Set(shown.values()).size).toBe(history.length)
}

export function expectCalm(...nodes: readonly NodeProcess[]): void {
  for (const node of nodes) expect(node.mishaps).toEqual([])
}

/** The half of a message's id that names its log. */
export function logOf(id: string): string {
  return id.split('-')[0]!
}
