/** One room's history on the LAN, through a blind peer, over USB and over the DHT: the same everywhere. */
import { createHash } from 'node:crypto'
import { until } from '../compliance/until.ts'
import { askToHold, onlyMeets, PATIENCE_MS, stored, timeline } from './away-errand.ts'
import { Conversation } from './conversation.ts'
import { Internet } from './internet.ts'
import type { Home } from './internet.ts'
import { LabNode } from './lab-node.ts'
import type { Lab } from './scenario.ts'
import { exchange } from './usb-errand.ts'
import { Stick } from './usb-stick.ts'

interface Town {
  readonly lab: Lab
  readonly home: Home
  readonly pi: LabNode
  /** Who writes, and a reader by each way. */
  readonly a: LabNode
  readonly lan: LabNode
  readonly dht: LabNode
  readonly blind: LabNode
  readonly usb: LabNode
  readonly talk: Conversation
}

/** A part of `usb`. */
export async function ways(lab: Lab, count: number): Promise<void> {
  const { steps, directory } = lab
  const town = await meet(lab)
  const { a, lan, dht, blind, usb, pi, home, talk } = town
  const hashes = new Map<string, string>()
  const view = async (way: string, reader: LabNode): Promise<void> => {
    const wanted = await viewHash(a, talk.room)
    await until(
      `the history of ${reader.name} to be that of a`,
      async () => (await viewHash(reader, talk.room)) === wanted,
      PATIENCE_MS,
    )
    hashes.set(way, await viewHash(reader, talk.room))
  }
  await steps.step('three write at a time, on the LAN and over the DHT', async () => {
    await Promise.all([
      talk.pour(a, 'a writes', count),
      talk.pour(lan, 'beside a', count),
      talk.pour(dht, 'far away', count),
    ])
    await talk.sameTimeline(a, lan, dht)
    await view('LAN', lan)
    await view('DHT', dht)
    await stored(a, talk.room, pi)
  })
  await steps.step('a reader who never leaves home has it by USB', async () => {
    const stick = await Stick.make(directory, 'ways', 64)
    await exchange(a, stick)
    await exchange(usb, stick)
    await view('USB', usb)
  })
  await steps.step('a reader who comes when only the blind peer is there has it too', async () => {
    // The others are gone, and no way out is left.
    await home.cutUplink()
    await a.host.unplug()
    await lan.host.unplug()
    await blind.host.replug()
    await blind.linked()
    await view('blind peer', blind)
    await onlyMeets(blind, [pi])
  })
  await steps.step('one view hash', async () => {
    const different = new Set([...hashes.values(), await viewHash(a, talk.room)])
    if (hashes.size !== 4 || different.size !== 1) {
      throw new Error(JSON.stringify([...hashes]))
    }
    steps.figure('messages in the one history', (await timeline(a, talk.room)).length, '')
  })
  await steps.step('every node of the four ways ends as it should', async () => {
    for (const node of [a, lan, dht, blind, usb, pi]) await node.stop()
  })
}

async function meet(lab: Lab): Promise<Town> {
  const { steps, network, directory } = lab
  const nodes = await steps.step('a home with a blind peer, and one far away', async () => {
    const internet = await Internet.make(network)
    const home = await internet.home('home', 'preserving')
    const far = await internet.home('far', 'preserving')
    const made = {
      home,
      a: new LabNode(await home.host('way-a', 5), directory, internet),
      lan: new LabNode(await home.host('way-lan', 6), directory),
      blind: new LabNode(await home.host('way-blind', 7), directory),
      usb: new LabNode(await home.host('way-usb', 8), directory),
      pi: new LabNode(await home.host('way-pi', 9), directory, { flags: ['--neighbourhood'] }),
      dht: new LabNode(await far.host('way-dht', 5), directory, internet),
    }
    const { a, lan, blind, usb, pi, dht } = made
    await Promise.all([a, lan, blind, usb, pi, dht].map((node) => node.start()))
    return made
  })
  const { a, lan, blind, usb, pi, dht } = nodes
  const talk = await steps.step('all come in, and two of them go', async () => {
    const room = await Conversation.begin(a, 'One history')
    for (const [i, guest] of [lan, blind, usb, dht].entries()) await room.join(guest, i + 2)
    await askToHold(a, room.room, pi)
    for (const node of [blind, usb]) {
      await node.host.unplug()
      await node.alone()
    }
    return room
  })
  return { lab, ...nodes, talk }
}

/** What a person sees of a room, in one line. */
async function viewHash(reader: LabNode, room: string): Promise<string> {
  const shown = await timeline(reader, room)
  const lines = shown.map(({ id, text }) => JSON.stringify([id, text]))
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}
