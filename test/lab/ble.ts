/** Bluetooth on emulated controllers: laptops in a field, with no network at all. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemRandom } from '../../core/random.ts'
import { percentile } from '../bench/measure/statistics.ts'
import { until } from '../compliance/until.ts'
import { bridged } from './ble-bridge.ts'
import { Field, linkedOnce, lost } from './ble-field.ts'
import { makeFile } from './content.ts'
import { Conversation } from './conversation.ts'
import type { LabNode } from './lab-node.ts'
import type { Lab, Scenario } from './scenario.ts'
import { SharedFiles } from './shared-files.ts'

const KB = 1_000

/** How much the scenario does. */
export interface BleScale {
  readonly messages: number
  /** Of the file that is on its way while people write. */
  readonly fileBytes: number
  /** Over a link that is slow and stalls. */
  readonly hard: { readonly messages: number; readonly fileBytes: number }
}

export function bleScenario(scale: BleScale): Scenario {
  return {
    name: 'ble',
    says: 'laptops in a field, on emulated Bluetooth: meeting, losing each other, slow air, chains of three, a bridge to a LAN',
    packages: ['iproute2'],
    async run(lab) {
      const { steps } = lab
      const field = new Field(lab, { rate: 60 * KB, latency: 15, sharing: 'direction' })
      try {
        await steps.part('two laptops in a field', async () => {
          const pair = await meet(lab, field)
          await steps.part('out of reach', () => outOfReach(pair, scale))
          await steps.part('files beside words', () => files(pair, scale))
          await steps.part('slow air', () => slowAir(pair, scale))
          await steps.part('a third one, out of reach of the first', () => chain(pair))
          await steps.part('the adapter pulled out', () => pulled(pair))
          await steps.step('every node ends as it should', async () => {
            for (const node of [pair.a, pair.b]) await node.stop()
          })
        })
        await steps.part('the other driver', () => otherDriver(lab, field))
        await steps.part('a bridge between Bluetooth and a LAN', () => bridged(lab, field))
      } finally {
        await field.close()
      }
    },
  }
}

export const ble = bleScenario({
  messages: 20,
  fileBytes: 600 * KB,
  hard: { messages: 100, fileBytes: 200 * KB },
})

interface Pair {
  readonly lab: Lab
  readonly field: Field
  readonly a: LabNode
  readonly b: LabNode
  readonly talk: Conversation
}

async function meet(lab: Lab, field: Field): Promise<Pair> {
  const { steps } = lab
  const [a, b] = await steps.step('a and b, started at the same moment, link', async () => {
    const [first, second] = [await field.node('a'), await field.node('b')]
    await Promise.all([first.start(), second.start()])
    const [ofA] = await Promise.all([first.linked('ble'), second.linked('ble')])
    steps.figure('ready to linked', ofA.since - Math.max(first.readyAt, second.readyAt), 'ms')
    return [first, second] as const
  })
  const talk = await steps.step('a makes a room, and its invite lets b in', async () => {
    const room = await Conversation.begin(a, 'Field')
    const from = performance.now()
    await room.join(b, 2)
    steps.figure('invited to joined', performance.now() - from, 'ms')
    return room
  })
  await steps.step('messages both ways', async () => {
    const there = await talk.delays(a, b, 5)
    const back = await talk.delays(b, a, 5)
    steps.figure('written to shown, slowest', Math.max(...there, ...back), 'ms')
    await talk.sameTimeline(a, b)
  })
  return { lab, field, a, b, talk }
}

async function outOfReach({ lab: { steps }, field, a, b, talk }: Pair, scale: BleScale) {
  await steps.step('both notice that the other went out of reach', async () => {
    field.reach(a, b, false)
    steps.figure('out of reach to noticed', await lost(performance.now(), a, b), 'ms')
  })
  const text = await steps.step('both write meanwhile', async () => {
    await talk.pour(a, 'a alone', scale.messages)
    await talk.pour(b, 'b alone', scale.messages)
    return talk.write(a, 'the last of a')
  })
  await steps.step('in reach again: the words are there, each once, and one link', async () => {
    const follower = b.follow(talk.room)
    try {
      const from = Date.now()
      field.reach(a, b, true)
      steps.figure('in reach to the first message', (await follower.shown(text)) - from, 'ms')
    } finally {
      await follower.stop()
    }
    await talk.sameTimeline(a, b)
    await linkedOnce(a, b)
  })
}

async function files({ lab, a, b, talk }: Pair, scale: BleScale): Promise<void> {
  const { steps, directory } = lab
  const shared = new SharedFiles(talk.room)
  await steps.step('a small file comes by itself, a larger one waits to be asked for', async () => {
    const small = await makeFile(join(directory, 'small.bin'), 50 * KB, systemRandom)
    const large = await makeFile(join(directory, 'large.bin'), scale.fileBytes, systemRandom)
    const { id: asked } = await shared.send(a, large)
    const { id } = await shared.send(a, small)
    for (const _ of [asked, id]) talk.told('')
    await shared.whole(b, id, small)
    const view = await shared.view(b, asked)
    if (view?.state !== 'remote') throw new Error(`the large one is ${view?.state}`)
  })
  await steps.step('a larger one is asked for, and words go before its bytes', async () => {
    const [wanted] = (await shared.list(b)).filter(({ state }) => state === 'remote')
    const from = performance.now()
    await shared.act(b, 'resume', wanted!.id)
    await shared.under(b, wanted!.id, 1)
    const delays = await talk.delays(a, b, 10)
    steps.figure('a message beside a file, p95', percentile(delays, 0.95), 'ms')
    await shared.complete(b, wanted!.id)
    const seconds = (performance.now() - from) / 1_000
    steps.figure('a file, words beside it', scale.fileBytes / KB / seconds, 'kB/s')
    await talk.sameTimeline(a, b)
  })
}

/** A link of 20 kB/s that stops for two seconds again and again. */
async function slowAir({ lab, field, a, b, talk }: Pair, { hard }: BleScale): Promise<void> {
  const { steps, directory } = lab
  const shared = new SharedFiles(talk.room)
  await steps.step(`R9: ${hard.messages} messages get through before a file`, async () => {
    field.air.shape({ rate: 20 * KB })
    const made = await makeFile(join(directory, 'slow.bin'), hard.fileBytes, systemRandom)
    const over = new AbortController()
    const stalling = (async () => {
      while (!over.signal.aborted) {
        field.air.stall(2_000)
        await pause(6_000, undefined, { signal: over.signal }).catch(() => {})
      }
    })()
    try {
      const { id } = await shared.send(a, made)
      talk.told('')
      await shared.want(b, id)
      const written = await talk.pour(a, 'through slow air', hard.messages)
      const shown = await until(
        'the messages',
        async () => {
          const texts = new Set((await talk.timeline(b)).map(({ text }) => text))
          return written.every((text) => texts.has(text))
        },
        300_000,
      ).then(() => shared.view(b, id))
      if (shown?.state === 'complete') throw new Error('the file was there before the messages')
      steps.figure('of the file, when all messages were there', shown!.have / KB, 'kB')
      await shared.complete(b, id)
      await talk.sameTimeline(a, b)
    } finally {
      over.abort()
      await stalling
      field.air.shape({ rate: 60 * KB })
    }
  })
}

async function chain({ lab: { steps }, field, a, b, talk }: Pair): Promise<void> {
  const c = await steps.step('c hears b alone, and is let in by a’s invite', async () => {
    const third = await field.node('c')
    field.reach(a, third, false)
    await third.start()
    await third.linked('ble')
    await talk.join(third, 3)
    return third
  })
  await steps.step('a and c read each other, all through b', async () => {
    const there = await talk.delays(a, c, 5)
    const back = await talk.delays(c, a, 5)
    steps.figure('over two links, slowest', Math.max(...there, ...back), 'ms')
    await talk.sameTimeline(a, b, c)
  })
  await steps.step('c ends as it should', () => c.stop())
}

async function pulled({ lab: { steps }, field, a, b, talk }: Pair): Promise<void> {
  const state = async (): Promise<{ state: string; reason?: string }> =>
    (await b.ask<{ transports: Record<string, { state: string; reason?: string }> }>('status'))
      .transports['ble']!
  await steps.step('b says that its adapter is gone, and why that is no harm', async () => {
    await field.unplug(b)
    await until('b to say so', async () => (await state()).state === 'unavailable')
    const { reason } = await state()
    if (!reason) throw new Error('no reason is given')
  })
  await steps.step('plugged in again, it goes on by itself', async () => {
    await talk.write(a, 'while b had no adapter')
    await field.plug(b)
    const from = performance.now()
    await talk.sameTimeline(a, b)
    steps.figure('adapter back to everything shown', performance.now() - from, 'ms')
  })
}

async function otherDriver(lab: Lab, field: Field): Promise<void> {
  const { steps } = lab
  await steps.step('one with abandonware, one with stoprocent: a room, and words', async () => {
    const [d, e] = [await field.node('d', { driver: 'abandonware' }), await field.node('e')]
    await Promise.all([d.start(), e.start()])
    const talk = await Conversation.begin(d, 'Drivers')
    await talk.join(e, 2)
    await talk.delays(d, e, 2)
    await talk.delays(e, d, 2)
    await talk.sameTimeline(d, e)
    for (const node of [d, e]) await node.stop()
  })
  await steps.step('two with abandonware', async () => {
    const [f, g] = [
      await field.node('f', { driver: 'abandonware' }),
      await field.node('g', { driver: 'abandonware' }),
    ]
    await Promise.all([f.start(), g.start()])
    const talk = await Conversation.begin(f, 'Old drivers')
    await talk.join(g, 2)
    await talk.delays(f, g, 2)
    await talk.delays(g, f, 2)
    await talk.sameTimeline(f, g)
    for (const node of [f, g]) await node.stop()
  })
}
