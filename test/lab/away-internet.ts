/** A blind peer at home behind a router, and members elsewhere who are never there together. */
import { askToHold, delivered, linkToShown, stored } from './away-errand.ts'
import { Conversation } from './conversation.ts'
import { Internet } from './internet.ts'
import { LabNode } from './lab-node.ts'
import type { Lab } from './scenario.ts'

/** A part of `away`. */
export async function internetPart(lab: Lab): Promise<void> {
  const { steps, network, directory } = lab
  const { pi, a, b, homes } = await steps.step('three homes on an internet', async () => {
    const internet = await Internet.make(network)
    const homes = []
    for (const name of ['home-pi', 'home-a', 'home-b']) {
      homes.push(await internet.home(name, 'preserving'))
    }
    const flags = ['--neighbourhood']
    const host = await homes[0]!.host('net-pi', 5)
    const made = {
      pi: new LabNode(host, directory, { bootstrap: internet.bootstrap, flags }),
      a: new LabNode(await homes[1]!.host('net-a', 5), directory, internet),
      b: new LabNode(await homes[2]!.host('net-b', 5), directory, internet),
      homes,
    }
    return made
  })
  const talk = await steps.step('a is a guest of the Pi, and has it hold a room', async () => {
    // Whom to ask, it learns where the node stands: from then on it finds it from anywhere.
    await network.plug(a.host, 'eth1', homes[0]!.bridge, 6)
    await Promise.all([pi.start(), a.start()])
    const room = await Conversation.begin(a, 'From afar')
    await askToHold(a, room.room, pi)
    await stored(a, room.room, pi)
    await a.host.removeNic('eth1')
    await a.linked('dht')
    return room
  })
  await steps.step('b joins over the internet', async () => {
    await b.start()
    const { invite } = await a.ask<{ invite: string }>('invite', talk.room)
    await b.ask('join', invite)
    await talk.member(b, 2)
    await b.stop()
  })
  await steps.step('a writes and goes; b comes, and the Pi has it', async () => {
    const texts = await talk.writeMany(a, 'a from home', 5)
    await delivered(a, talk, texts, 'carried')
    await a.stop()
    await homes[2]!.cutUplink()
    await b.start()
    const took = await linkToShown(b, talk.room, texts, () => homes[2]!.mendUplink())
    steps.figure('over the internet: link to messages shown', took, 'ms')
    await talk.sameTimeline(b)
  })
  await steps.step('every node of the three homes ends as it should', async () => {
    for (const node of [pi, b]) await node.stop()
  })
}
