/** Two blind peers at two sites, which sync rooms that neither can read. */
import { until } from '../compliance/until.ts'
import {
  askToHold,
  delivered,
  holds,
  onlyMeets,
  PATIENCE_MS,
  quiet,
  stored,
} from './away-errand.ts'
import type { AwayScale } from './away.ts'
import { Conversation } from './conversation.ts'
import { LabNode } from './lab-node.ts'
import type { LabBridge } from './netns.ts'
import type { Lab } from './scenario.ts'

interface Sites {
  readonly lab: Lab
  readonly scale: AwayScale
  readonly east: LabBridge
  readonly eastPi: LabNode
  readonly westPi: LabNode
  readonly a: LabNode
  readonly b: LabNode
  readonly talk: Conversation
}

/** A part of `away`. */
export async function sites(lab: Lab, scale: AwayScale): Promise<void> {
  const town = await meet(lab, scale)
  await exchange(town)
}

async function meet(lab: Lab, scale: AwayScale): Promise<Sites> {
  const { steps, network, directory } = lab
  const { east, west, nodes } = await steps.step('two sites, a blind peer at each', async () => {
    const [east, west] = [await network.bridge(), await network.bridge()]
    const flags = ['--neighbourhood']
    const made = [
      new LabNode(await network.host('east-pi', east, 1), directory, { flags }),
      new LabNode(await network.host('west-pi', west, 2), directory, { flags }),
      new LabNode(await network.host('site-a', east, 3), directory),
      new LabNode(await network.host('site-b', east, 4), directory),
    ] as const
    await Promise.all(made.map((node) => node.start()))
    return { east, west, nodes: made }
  })
  const [eastPi, westPi, a, b] = nodes
  const talk = await steps.step('a and b are at the east, and b goes to the west', async () => {
    const room = await Conversation.begin(a, 'Both banks')
    await room.join(b, 2)
    await askToHold(a, room.room, eastPi)
    await stored(a, room.room, eastPi)
    await stored(b, room.room, eastPi)
    await b.host.unplug()
    await b.alone()
    await network.plug(b.host, 'eth1', west, 4)
    await askToHold(b, room.room, westPi)
    await room.write(b, 'b is at the west')
    await stored(b, room.room, westPi)
    return room
  })
  return { lab, scale, east, eastPi, westPi, a, b, talk }
}

async function exchange({ lab, scale, east, eastPi, westPi, a, b, talk }: Sites): Promise<void> {
  const { steps, network } = lab
  const texts = await steps.step('a writes at the east, and goes', async () => {
    const written = await talk.pour(a, 'a at the east', scale.messages)
    await delivered(a, talk, written, 'carried')
    await a.host.unplug()
    await a.alone()
    return written
  })
  await steps.step('the sites are joined: b reads at the west what a left', async () => {
    await onlyMeets(b, [westPi])
    const follower = b.follow(talk.room)
    const from = Date.now()
    await network.plug(westPi.host, 'eth1', east, 2)
    try {
      const shown = await Promise.all(texts.map((text) => follower.shown(text)))
      steps.figure('sites joined to messages shown at the other', Math.max(...shown) - from, 'ms')
    } finally {
      await follower.stop()
    }
    await quiet(westPi.host, 'eth1')
    const { bytes } = await holds(eastPi, 1)
    await talk.write(b, 'b has it')
    await stored(b, talk.room, westPi)
    await onlyMeets(b, [westPi])
    await until(
      'the answer to be at the east',
      async () => (await holds(eastPi, 1)).bytes > bytes,
      PATIENCE_MS,
    )
  })
  await steps.step('parted again, each holds what the other site wrote', async () => {
    await westPi.host.removeNic('eth1')
    await a.host.replug()
    await talk.sameTimeline(a, b)
    await onlyMeets(a, [eastPi])
    await delivered(a, talk, texts, 'delivered')
  })
  await steps.step('every node of both sites ends as it should', async () => {
    for (const node of [eastPi, westPi, a, b]) await node.stop()
  })
}
