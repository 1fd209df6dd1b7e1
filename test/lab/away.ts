/** People who are never there together, with blind peers between them. */
import { median } from '../bench/measure/statistics.ts'
import { until } from '../compliance/until.ts'
import { scanDirectory } from '../fault/canaries.ts'
import { secretsIn } from '../fault/secrets-in.ts'
import {
  askToHold,
  delivered,
  holds,
  linkToShown,
  onlyMeets,
  quiet,
  stored,
} from './away-errand.ts'
import { internetPart } from './away-internet.ts'
import { sites } from './away-sites.ts'
import { diskBytes } from './content.ts'
import { Conversation } from './conversation.ts'
import { INTERNET_PACKAGES } from './internet.ts'
import { LabNode } from './lab-node.ts'
import type { Lab, Scenario } from './scenario.ts'

const FLAGS = ['--neighbourhood']

/** How often things are tried. */
export interface AwayScale {
  readonly visits: number
  readonly messages: number
  /** Whether the blind peer is also reached over the internet. */
  readonly internet: boolean
}

interface Library {
  readonly lab: Lab
  readonly scale: AwayScale
  /** Always on, and reads nothing. */
  readonly pi: LabNode
  readonly a: LabNode
  readonly b: LabNode
  readonly talk: Conversation
}

/** The scenario in this size. */
export function awayScenario(scale: AwayScale): Scenario {
  return {
    name: 'away',
    says: 'people never there together, with blind peers between: joining, writing, power cuts, two sites, the internet',
    packages: INTERNET_PACKAGES,
    async run(lab) {
      const { steps } = lab
      await steps.part('a Pi that is always on', async () => {
        const library = await meet(lab, scale)
        await steps.part('never there together', () => visits(library))
        await steps.part('the Pi loses its power', () => powerCut(library))
        await steps.part('what the Pi knows, and gives back', () => leave(library))
      })
      await steps.part('two blind peers at two sites', () => sites(lab, scale))
      if (scale.internet) {
        await steps.part('a blind peer at home, over the internet', () => internetPart(lab))
      }
    },
  }
}

export const away = awayScenario({ visits: 7, messages: 20, internet: true })

async function meet(lab: Lab, scale: AwayScale): Promise<Library> {
  const { steps, network, directory } = lab
  const [pi, a, b] = await steps.step('a Pi that offers space, a here, b away', async () => {
    const bridge = await network.bridge()
    const host = await network.host('pi', bridge, 1)
    const made = [
      new LabNode(host, directory, { flags: FLAGS }),
      new LabNode(await network.host('a', bridge, 2), directory),
      new LabNode(await network.host('b', bridge, 3), directory),
    ] as const
    await made[2].host.unplug()
    await Promise.all(made.map((node) => node.start()))
    return made
  })
  const talk = await steps.step('a makes a room, and asks the Pi to hold it', async () => {
    const room = await Conversation.begin(a, 'Canary Lane')
    await askToHold(a, room.room, pi)
    await room.write(a, 'canary of a before anybody came')
    await stored(a, room.room, pi)
    await a.host.unplug()
    await a.alone()
    return room
  })
  await steps.step('b joins with the Pi alone in reach, and waits', async () => {
    await b.host.replug()
    await b.linked()
    await talk.wait(b)
    await onlyMeets(b, [pi])
    // Only a can tell that its word is at the Pi, later.
    await quiet(b.host)
    await b.host.unplug()
    await b.alone()
  })
  await steps.step('a comes by and lets it in; b comes by and is a member', async () => {
    await a.host.replug()
    await talk.member(a, 2)
    await stored(a, talk.room, pi)
    await a.host.unplug()
    await a.alone()
    await b.host.replug()
    await talk.member(b, 2)
    await talk.sameTimeline(b)
    await onlyMeets(b, [pi])
    await stored(b, talk.room, pi)
    await b.host.unplug()
    await b.alone()
  })
  return { lab, scale, pi, a, b, talk }
}

async function visits({ lab, scale, pi, a, b, talk }: Library): Promise<void> {
  const { steps } = lab
  const times: number[] = []
  await steps.step(`each comes when the other is gone, ${scale.visits} times`, async () => {
    let [writer, reader] = [a, b]
    for (let i = 0; i < scale.visits; i++) {
      const texts = await talk.pour(writer, `canary of ${writer.name}`, scale.messages)
      await delivered(writer, talk, texts, 'saved')
      await writer.host.replug()
      await delivered(writer, talk, texts, 'carried')
      await onlyMeets(writer, [pi])
      await writer.host.unplug()
      await writer.alone()
      times.push(await linkToShown(reader, talk.room, texts, () => reader.host.replug()))
      await onlyMeets(reader, [pi])
      await stored(reader, talk.room, pi)
      await reader.host.unplug()
      await reader.alone()
      ;[writer, reader] = [reader, writer]
    }
    steps.figure(`link to ${scale.messages} messages shown, median`, median(times), 'ms')
    steps.figure(`link to ${scale.messages} messages shown, slowest`, Math.max(...times), 'ms')
  })
  await steps.step('what was answered is shown as delivered once its author comes by', async () => {
    const texts = await talk.writeMany(a, 'canary that b gets', 1)
    await delivered(a, talk, texts, 'saved')
    await pass(a, () => delivered(a, talk, texts, 'carried'))
    await pass(b, async () => {
      await talk.sameTimeline(b)
      await talk.write(b, 'canary of b: I have it')
      await stored(b, talk.room, pi)
    })
    // Nobody told it yet.
    await delivered(a, talk, texts, 'carried')
    await pass(a, () => delivered(a, talk, texts, 'delivered'))
  })
}

/** Comes by for as long as something takes. */
async function pass(node: LabNode, body: () => Promise<unknown>): Promise<void> {
  await node.host.replug()
  await body()
  await node.host.unplug()
  await node.alone()
}

async function powerCut({ lab, pi, a, b, talk }: Library): Promise<void> {
  const { steps } = lab
  await steps.step('R12: what the Pi said it holds is there after a power cut', async () => {
    await a.host.replug()
    const texts = await talk.writeMany(a, 'canary before the cut', 5)
    await delivered(a, talk, texts, 'carried')
    await pi.kill()
    await a.host.unplug()
    await a.alone()
    await pi.start()
    await pass(b, async () => {
      await talk.sameTimeline(b)
      await stored(b, talk.room, pi)
    })
  })
  await steps.step('cut in the middle of it, the rest comes when its author is back', async () => {
    await a.host.replug()
    await a.linked()
    const texts = await talk.writeMany(a, 'canary through the cut', 3)
    const writing = talk.writeMany(a, 'canary while it is cut', 5)
    await pi.kill()
    await writing
    await pi.start()
    await delivered(a, talk, texts, 'carried')
    await stored(a, talk.room, pi)
    await a.host.unplug()
    await a.alone()
    await pass(b, () => talk.sameTimeline(b))
  })
}

async function leave({ lab, pi, a, b, talk }: Library): Promise<void> {
  const { steps } = lab
  await steps.step('A18: nothing on the Pi’s disk says who, where or what', async () => {
    const words = ['canary of a', 'canary that b', 'canary before', 'canary through', 'Canary Lane']
    const canaries = Object.fromEntries(words.map((word) => [word, Buffer.from(word)]))
    await b.stop()
    const secrets = await secretsIn(b.data)
    const hits = await scanDirectory(pi.data, { ...canaries, ...secrets })
    if (hits.length > 0) throw new Error(hits.join(', '))
    const own = await scanDirectory(b.data, secrets)
    if (own.length === 0) throw new Error('the scan finds nothing on b’s own disk either')
    await b.start()
  })
  await steps.step('the room is taken back: the Pi deletes it once both were there', async () => {
    const before = await diskBytes(`${pi.data}/mirror`)
    const [view] = await a.get<{ node: string }[]>(`/rooms/${talk.room}/mirrors`)
    await a.host.replug()
    await a.linked()
    await a.ask('mirror', 'remove', talk.room, view!.node)
    await pass(b, () => holds(pi, 0))
    const after = await until('the bytes to be free', async () => {
      const bytes = await diskBytes(`${pi.data}/mirror`)
      return bytes < before / 2 ? bytes : undefined
    })
    steps.figure('on the Pi before it was taken back', before / 1024, 'KiB')
    steps.figure('on the Pi after', after / 1024, 'KiB')
  })
  await steps.step('every node ends as it should', async () => {
    for (const node of [pi, a, b]) await node.stop()
  })
}
