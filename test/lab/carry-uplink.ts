/** A town whose uplink is down for an hour's worth of messages. */
import { Conversation } from './conversation.ts'
import { Internet } from './internet.ts'
import { LabNode } from './lab-node.ts'
import type { Status } from './lab-node.ts'
import type { Lab } from './scenario.ts'

/** A part of `carry`. */
export async function uplink(lab: Lab, hour: number): Promise<void> {
  const { steps, network, directory } = lab
  const { home, town, far } = await steps.step('a town hall with the one uplink', async () => {
    const internet = await Internet.make(network)
    const home = await internet.home('town', 'preserving')
    const other = await internet.home('far', 'preserving')
    const node = async (at: typeof home, name: string, number: number): Promise<LabNode> =>
      new LabNode(await at.host(name, number), directory, internet)
    const town = [await node(home, 'town-a', 5), await node(home, 'town-b', 6)] as const
    const far = await node(other, 'far-c', 5)
    await Promise.all([...town, far].map((each) => each.start()))
    return { home, town, far }
  })
  const [a, b] = town
  const talk = await steps.step('two in town and one far away share a room', async () => {
    const room = await Conversation.begin(a, 'Town and world')
    await room.join(b, 2)
    await room.join(far, 3)
    await room.write(far, 'hello town')
    await room.sameTimeline(a, b, far)
    return room
  })
  await steps.step(`the uplink is down, and each side writes ${hour} messages`, async () => {
    await home.cutUplink()
    await far.alone()
    await Promise.all([
      talk.pour(a, 'in town', hour / 2),
      talk.pour(b, 'in town too', hour / 2),
      talk.pour(far, 'far away', hour),
    ])
    // In town all goes on meanwhile.
    const [one] = (await a.get<Status>('/status')).peers.filter((peer) => peer.transport === 'lan')
    if (!one) throw new Error('the two in town are not linked')
  })
  await steps.step('the uplink is back: all are linked, and all is merged', async () => {
    const from = Date.now()
    await home.mendUplink()
    const { since } = await far.linked('dht')
    await talk.sameTimeline(a, b, far)
    steps.figure('uplink back to linked', since - from, 'ms')
    steps.figure(`uplink back to ${2 * hour} messages merged everywhere`, Date.now() - from, 'ms')
  })
  await steps.step('every node of the town ends as it should', async () => {
    for (const node of [a, b, far]) await node.stop()
  })
}
