/** The local network as people have it: no router, no name server, cables that are pulled. */
import { Conversation } from './conversation.ts'
import { discoveryParts } from './lan-discovery.ts'
import { LabNode } from './lab-node.ts'
import type { LabBridge } from './netns.ts'
import type { Lab, Scenario } from './scenario.ts'

const MESSAGES = 5
const WRITTEN_APART = 20

/** Three computers on one switch, numbered as in their addresses. */
interface Lan {
  readonly lab: Lab
  readonly bridge: LabBridge
  readonly a: LabNode
  readonly b: LabNode
  readonly c: LabNode
  readonly talk: Conversation
}

export const lan: Scenario = {
  name: 'lan',
  says: 'three computers on one switch with no router: meeting, pulled cables, replaced cards, Avahi, firewalls',
  packages: ['iproute2', 'nftables', 'avahi-daemon'],
  async run(lab) {
    const { steps } = lab
    await steps.part('people who sit together', async () => {
      const world = await meet(lab)
      await steps.part('a cable pulled for a moment', () => pullCable(world, 'moment'))
      await steps.part('a cable pulled for long', () => pullCable(world, 'long'))
      await steps.part('a third computer', () => thirdJoins(world))
      await steps.part('a network card taken out and put back', () => replaceNic(world))
      await steps.part('a computer on two networks', () => secondNetwork(world))
      await steps.step('every node ends as it should', async () => {
        for (const node of [world.a, world.b, world.c]) await node.stop()
      })
    })
    await discoveryParts(lab)
  },
}

async function meet(lab: Lab): Promise<Lan> {
  const { steps, network, directory } = lab
  const { bridge, a, b, c } = await steps.step('three computers on one switch', async () => {
    const made = await network.bridge()
    const node = async (name: string, number: number): Promise<LabNode> =>
      new LabNode(await network.host(name, made, number), directory)
    return { bridge: made, a: await node('a', 1), b: await node('b', 2), c: await node('c', 3) }
  })
  await steps.step('a and b, started at the same moment, link', async () => {
    await Promise.all([a.start(), b.start()])
    const [ofA] = await Promise.all([a.linked(), b.linked()])
    const started = Math.max(a.startedAt, b.startedAt)
    steps.figure('start to ready', Math.max(a.readyAt, b.readyAt) - started, 'ms')
    steps.figure('start to linked', ofA.since - started, 'ms')
  })
  const talk = await steps.step('a makes a room, and its invite lets b in', async () => {
    const room = await Conversation.begin(a, 'Porch')
    await room.join(b, 2)
    return room
  })
  await steps.step('messages both ways', async () => {
    const there = await talk.delays(a, b, MESSAGES)
    const back = await talk.delays(b, a, MESSAGES)
    steps.figure('written to shown, slowest', Math.max(...there, ...back), 'ms')
    await talk.sameTimeline(a, b)
  })
  return { lab, bridge, a, b, c, talk }
}

async function pullCable(
  { lab: { steps }, a, b, talk }: Lan,
  howLong: 'moment' | 'long',
): Promise<void> {
  const pulledAt = performance.now()
  const texts = await steps.step(`both write ${WRITTEN_APART} while b is unplugged`, async () => {
    await b.host.unplug()
    const atOnce = [a, b].map((node) => talk.writeMany(node, `${node.name} alone`, WRITTEN_APART))
    return Promise.all(atOnce)
  })
  if (howLong === 'long') {
    await steps.step('both notice that the other is gone', async () => {
      await Promise.all([a.alone(), b.alone()])
      steps.figure('cable pulled to noticed', performance.now() - pulledAt, 'ms')
    })
  }
  await steps.step('plugged in again, both show everything', async () => {
    const followers = [b.follow(talk.room), a.follow(talk.room)]
    // Each shows its own first: from then on it follows.
    await Promise.all([followers[0]!.shown(texts[1]![0]!), followers[1]!.shown(texts[0]![0]!)])
    await b.host.replug()
    const from = Date.now()
    const waits = texts.flatMap((written, i) => written.map((text) => followers[i]!.shown(text)))
    const last = Math.max(...(await Promise.all(waits)))
    steps.figure(`cable back (${howLong}) to everything shown`, last - from, 'ms')
    await Promise.all(followers.map((follower) => follower.stop()))
  })
  await steps.step('nothing is lost or doubled, and the order is the same', () =>
    talk.sameTimeline(a, b),
  )
}

async function thirdJoins({ lab: { steps }, a, b, c, talk }: Lan): Promise<void> {
  await steps.step('a is switched off, and c joins by its invite with b alone', async () => {
    await a.stop()
    await c.start()
    await c.linked()
    await talk.join(c, 3)
  })
  await steps.step('c has everything, what a wrote included', () => talk.sameTimeline(b, c))
  await steps.step('a comes back and hears of it', async () => {
    await talk.write(c, 'c is new')
    await a.start()
    await talk.sameTimeline(a, b, c)
  })
}

async function replaceNic({ lab, bridge, a, b, talk }: Lan): Promise<void> {
  const { steps, network } = lab
  await steps.step('b loses its network card while both write', async () => {
    await b.host.removeNic()
    await talk.write(a, 'a alone')
    await talk.write(b, 'b alone')
    // Not before: the old connection would go on as if nothing had been.
    await b.alone()
  })
  await steps.step('the same card is back, and messages flow again', async () => {
    await network.plug(b.host, 'eth0', bridge, 2)
    const from = performance.now()
    await talk.sameTimeline(a, b)
    steps.figure('network card back to everything shown', performance.now() - from, 'ms')
  })
}

async function secondNetwork({ lab, a, b, talk }: Lan): Promise<void> {
  const { steps, network, directory } = lab
  const d = await steps.step('d is on a second switch, with b alone', async () => {
    const second = await network.bridge()
    await network.plug(b.host, 'eth1', second, 2)
    return new LabNode(await network.host('d', second, 4), directory)
  })
  await steps.step('d, unplugged, uses the invite and waits', async () => {
    await d.host.unplug()
    await d.start()
    await talk.wait(d)
  })
  await steps.step('plugged in, d is let in by b and has everything', async () => {
    await d.host.replug()
    await talk.member(d, 4)
    await talk.sameTimeline(b, d)
  })
  await steps.step('what d writes reaches a, and what a writes reaches d', async () => {
    await talk.write(d, 'd across')
    await talk.write(a, 'a across')
    await talk.sameTimeline(a, b, d)
    await d.stop()
  })
}
