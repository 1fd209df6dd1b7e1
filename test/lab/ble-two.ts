import { until } from '../compliance/until.ts'
import { Conversation } from './conversation.ts'
import type { Speaker } from './conversation.ts'
import type { Status } from './lab-node.ts'
import type { Steps } from './steps.ts'

/** A node that has nothing but Bluetooth. */
export interface Apart extends Speaker {
  readonly startedAt: number
  readonly readyAt: number
  start(): Promise<void>
  stop(): Promise<void>
  linked(by: string): Promise<Status['peers'][number]>
}

/** An adapter that can be switched off. */
export interface Switch {
  turn(state: 'up' | 'down'): Promise<void>
}

/** Two nodes meet by Bluetooth alone, talk, and one of them is away for a while; `adapter` is that one's. */
export async function twoByBluetooth(
  steps: Pick<Steps, 'step' | 'figure'>,
  a: Apart,
  b: Apart,
  adapter?: Switch,
): Promise<void> {
  await steps.step('a and b, started at the same moment, link', async () => {
    await Promise.all([a.start(), b.start()])
    const ready = Math.max(a.readyAt, b.readyAt)
    steps.figure('start to ready', ready - Math.min(a.startedAt, b.startedAt), 'ms')
    const [ofA, ofB] = await Promise.all([a.linked('ble'), b.linked('ble')])
    steps.figure('ready to linked', Math.max(0, Math.max(ofA.since, ofB.since) - ready), 'ms')
  })
  const talk = await steps.step('a makes a room, and its invite lets b in', async () => {
    const room = await Conversation.begin(a, 'Field')
    const from = performance.now()
    await room.join(b, 2)
    steps.figure('invited to joined', performance.now() - from, 'ms')
    return room
  })
  await steps.step('messages both ways', async () => {
    const from = performance.now()
    await Promise.all([a, b].map((node) => talk.writeMany(node, `${node.name} says`, 3)))
    await talk.sameTimeline(a, b)
    steps.figure('three written each, and all shown', performance.now() - from, 'ms')
  })
  await steps.step('b is away while a writes, comes back and has everything', async () => {
    await b.stop()
    await talk.write(a, 'a alone')
    if (!adapter) await b.start()
    else await startOff(b, adapter)
    await talk.write(b, 'b is back')
    await talk.sameTimeline(a, b)
    await b.linked('ble')
  })
  await steps.step('both end as they should', async () => {
    for (const node of [a, b]) await node.stop()
  })
}

async function startOff(b: Apart, adapter: Switch): Promise<void> {
  await adapter.turn('down')
  await b.start()
  await until(
    'b to say that Bluetooth is switched off',
    async () => {
      const { transports } = await b.ask<{ transports: Record<string, { reason?: string }> }>(
        'status',
      )
      return transports['ble']?.reason?.startsWith('Bluetooth is switched off')
    },
    180_000,
  )
  await adapter.turn('up')
}
