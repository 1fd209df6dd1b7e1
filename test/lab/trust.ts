/** Whom a room trusts, on a network that falls apart: several devices, removal on both sides, a lost computer. */
import { until } from '../compliance/until.ts'
import { Conversation } from './conversation.ts'
import { LabNode } from './lab-node.ts'
import type { Message } from './lab-node.ts'
import type { LabBridge } from './netns.ts'
import type { Lab, Scenario } from './scenario.ts'

const PATIENCE_MS = 180_000

interface Member {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly self: boolean
  readonly devices: readonly { readonly id: string }[]
}

/** Five people on one switch, and a second switch to part them with. */
interface Street {
  readonly lab: Lab
  readonly bridge: LabBridge
  readonly far: LabBridge
  readonly a: LabNode
  readonly b: LabNode
  readonly c: LabNode
  readonly d: LabNode
  readonly talk: Conversation
}

export const trust: Scenario = {
  name: 'trust',
  says: 'several devices of one person, removal during a partition, a person restored from the phrase',
  packages: ['iproute2', 'nftables'],
  async run(lab) {
    const { steps } = lab
    await steps.part('a room with people in it', async () => {
      const street = await meet(lab)
      await steps.part('a second device', () => pair(street))
      await steps.part('two removals on two sides of a partition', () => removeApart(street))
      await steps.part('a computer lost, its person restored', () => restore(street))
    })
  },
}

async function meet(lab: Lab): Promise<Street> {
  const { steps, network, directory } = lab
  const { bridge, far, nodes } = await steps.step('four computers on one switch', async () => {
    const [bridge, far] = [await network.bridge(), await network.bridge()]
    const nodes: LabNode[] = []
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) {
      nodes.push(new LabNode(await network.host(name, bridge, i + 1), directory))
    }
    await Promise.all(nodes.map((node) => node.start()))
    return { bridge, far, nodes }
  })
  const [a, b, c, d] = nodes as [LabNode, LabNode, LabNode, LabNode]
  const talk = await steps.step('a makes a room, and all come in by one invite', async () => {
    await Promise.all(nodes.map((node) => node.linked()))
    const room = await Conversation.begin(a, 'Elm Street')
    for (const [i, guest] of [b, c, d].entries()) await room.join(guest, i + 2)
    return room
  })
  await steps.step('everyone writes, everyone reads', async () => {
    for (const node of nodes) await talk.write(node, `${node.name} is here`)
    await talk.sameTimeline(...nodes)
  })
  return { lab, bridge, far, a, b, c, d, talk }
}

async function pair({ lab, bridge, a, b, talk }: Street): Promise<void> {
  const { steps, network, directory } = lab
  const second = await steps.step('a new computer is paired by a code that a shows', async () => {
    const node = new LabNode(await network.host('a2', bridge, 11), directory)
    await node.start()
    const offer = a.run('device', 'pair')
    const line = await offer.line('the pairing code')
    const from = performance.now()
    await node.askLines('device', 'pair', (JSON.parse(line) as { code: string }).code)
    await rooms(node, [talk.room])
    steps.figure('pairing code typed to rooms there', performance.now() - from, 'ms')
    const { code } = await offer.ended
    if (code !== 0) throw new Error(`the offer ended with ${code}: ${offer.errors}`)
    return node
  })
  await steps.step('it has the history, and writes as the same person', async () => {
    await talk.write(second, 'a from the other computer')
    await talk.sameTimeline(a, b, second)
    const messages = await talk.timeline(b)
    const authors = new Set(
      messages.filter(({ text }) => text.startsWith('a ')).map((message) => authorOf(message)),
    )
    if (authors.size !== 1) throw new Error('the two devices write as two people')
    await people(b, talk.room, 4)
  })
  await steps.step('both write apart, and merge without a fork', async () => {
    await second.host.unplug()
    await Promise.all([talk.writeMany(a, 'a here', 5), talk.writeMany(second, 'a there', 5)])
    await second.host.replug()
    await talk.sameTimeline(a, b, second)
  })
  await steps.step('removed, it is cut off everywhere', async () => {
    const { device } = await second.ask<{ device: string }>('status')
    await a.ask('device', 'remove', device)
    await until('it to see that it was removed', async () => {
      const [room] = await second.ask<{ state: string }[]>('room', 'list')
      return room === undefined || room.state === 'removed'
    })
    await talk.write(b, 'after the removal')
    await talk.sameTimeline(a, b)
    await unread(second, talk.room, 'after the removal')
    await second.stop()
  })
}

async function removeApart(street: Street): Promise<void> {
  const { lab, far, a, b, c, d, talk } = street
  const { steps, network } = lab
  await steps.step('b becomes an admin too', async () => {
    await a.ask('member', 'role', talk.room, (await member(a, talk.room, 'b')).id, 'admin')
    await until('b to be one', async () => {
      return (await member(b, talk.room, 'b')).role === 'admin'
    })
  })
  await steps.step('the street falls apart: a with d here, b with c there', async () => {
    for (const [i, node] of [b, c].entries()) {
      await node.host.unplug()
      await network.plug(node.host, 'eth1', far, i + 2)
    }
    await talk.write(b, 'b on the far side')
    await talk.sameTimeline(b, c)
  })
  await steps.step('a removes c, who is there; b removes d, who is here', async () => {
    const [ofC, ofD] = [await member(a, talk.room, 'c'), await member(b, talk.room, 'd')]
    await a.ask('member', 'remove', talk.room, ofC.id)
    await b.ask('member', 'remove', talk.room, ofD.id)
    await talk.write(a, 'a after it')
    await talk.write(b, 'b after it')
  })
  await steps.step('together again, both are out everywhere', async () => {
    const from = performance.now()
    for (const node of [b, c]) {
      await node.host.unplug('eth1')
      await node.host.replug()
    }
    await Promise.all([a, b].map((node) => people(node, talk.room, 2)))
    steps.figure('switches joined to both removals known', performance.now() - from, 'ms')
    await talk.sameTimeline(a, b)
  })
  await steps.step('A21: neither can read on, nor write', async () => {
    await talk.write(a, 'between us')
    await talk.sameTimeline(a, b)
    for (const node of [c, d]) {
      await until(`${node.name} to see that it was removed`, async () => {
        const [room] = await node.ask<{ state: string }[]>('room', 'list')
        return room === undefined || room.state === 'removed'
      })
      const code = await node.refused('send', talk.room, 'still here?')
      if (code !== 'NOT_ALLOWED') throw new Error(`sending was refused with ${code}`)
      await unread(node, talk.room, 'between us')
    }
    await Promise.all([c, d].map((node) => node.stop()))
  })
}

async function restore({ lab, bridge, a, b, talk }: Street): Promise<void> {
  const { steps, network, directory } = lab
  const phrase = await steps.step('a notes the 24 words, and loses the computer', async () => {
    const { phrase } = await a.ask<{ phrase: string }>('identity', 'show', '--words')
    if (phrase.split(' ').length !== 24) throw new Error('these are no 24 words')
    await a.stop()
    return phrase
  })
  const again = await steps.step('a new computer knows the words alone', async () => {
    const node = new LabNode(await network.host('a3', bridge, 13), directory)
    await node.tell(phrase, 'identity', 'restore', '--words')
    await node.start()
    return node
  })
  await steps.step('with b alone in reach it has its rooms and their history', async () => {
    const from = performance.now()
    await rooms(again, [talk.room])
    await talk.sameTimeline(again, b)
    steps.figure(
      'restored computer on the network to history there',
      performance.now() - from,
      'ms',
    )
  })
  await steps.step('it is the same person, and admin still', async () => {
    await talk.write(again, 'a is back')
    await talk.sameTimeline(again, b)
    await people(b, talk.room, 2)
    const self = (await again.ask<Member[]>('room', 'members', talk.room)).find((m) => m.self)
    if (self?.role !== 'admin') throw new Error(`a is ${self?.role} now`)
  })
  await steps.step('every node ends as it should', async () => {
    for (const node of [again, b]) await node.stop()
  })
}

function authorOf(message: Message): string {
  return (message as Message & { author: string }).author
}

async function member(node: LabNode, room: string, name: string): Promise<Member> {
  return until(`${node.name} to know ${name}`, async () => {
    const members = await node.ask<Member[]>('room', 'members', room)
    return members.find((candidate) => candidate.name === name)
  })
}

/** Waits until a node sees that many people in a room. */
async function people(node: LabNode, room: string, count: number): Promise<void> {
  await until(
    `${node.name} to see ${count} people`,
    async () => (await node.ask<Member[]>('room', 'members', room)).length === count,
    PATIENCE_MS,
  )
}

/** Waits until a node is in these rooms. */
async function rooms(node: LabNode, ids: readonly string[]): Promise<void> {
  await until(
    `${node.name} to be in its rooms`,
    async () => {
      const list = await node.ask<{ id: string; state: string }[]>('room', 'list')
      return ids.every((id) => list.some((room) => room.id === id && room.state === 'joined'))
    },
    PATIENCE_MS,
  )
}

/** Throws when a node shows a text that it must not be able to read. */
async function unread(node: LabNode, room: string, text: string): Promise<void> {
  const known = await node.ask<{ id: string }[]>('room', 'list')
  if (!known.some(({ id }) => id === room)) return
  const messages = await node.askLines<Message>('messages', room, '--limit', '500')
  if (messages.some((message) => message.text.startsWith(text))) {
    throw new Error(`${node.name} can read “${text}”`)
  }
}
