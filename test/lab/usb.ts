/** A USB stick between islands that never connect: carried, pulled out in the middle, full, found by a stranger. */
import { join } from 'node:path'
import type { CarryReport } from '../../core/mirror/api.ts'
import { systemRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import { found } from '../fault/canaries.ts'
import { secretsIn } from '../fault/secrets-in.ts'
import { timeline } from './away-errand.ts'
import { hashOf, makeFile } from './content.ts'
import { Conversation } from './conversation.ts'
import { INTERNET_PACKAGES } from './internet.ts'
import { LabNode } from './lab-node.ts'
import type { Lab, Scenario } from './scenario.ts'
import { exchange } from './usb-errand.ts'
import type { Sticks, UsbScale } from './usb-errand.ts'
import { pulled } from './usb-pulled.ts'
import { Stick } from './usb-stick.ts'
import { ways } from './usb-ways.ts'

const MB = 1024 * 1024

/** The scenario in this size. */
export function usbScenario(scale: UsbScale): Scenario {
  return {
    name: 'usb',
    says: 'a USB stick between islands that never connect; one history by the LAN, a blind peer, USB and the DHT',
    packages: [...INTERNET_PACKAGES, 'e2fsprogs'],
    mounts: true,
    async run(lab) {
      const { steps } = lab
      await steps.part('a stick between two islands', async () => {
        const sticks = await meet(lab, scale)
        await steps.part('messages and a file', () => carried(sticks))
        await steps.part('pulled out in the middle', () => pulled(sticks))
        await steps.part('a stick that can not be used', () => unusable(sticks))
        await steps.part('a stick that is found', () => lost(sticks))
        await steps.step('every node of the islands ends as it should', async () => {
          for (const node of [sticks.a, sticks.b]) await node.stop()
        })
      })
      await steps.part('one history, by four ways', () => ways(lab, scale.messages))
    },
  }
}

export const usb = usbScenario({ messages: 100, pulls: 10, fileBytes: 24 * MB })

async function meet(lab: Lab, scale: UsbScale): Promise<Sticks> {
  const { steps, network, directory } = lab
  const [a, b] = await steps.step('two networks that nothing joins', async () => {
    const made = [
      new LabNode(await network.host('a', await network.bridge(), 1), directory),
      new LabNode(await network.host('b', await network.bridge(), 1), directory),
    ] as const
    await Promise.all(made.map((node) => node.start()))
    return made
  })
  const stick = await Stick.make(directory, 'stick', 128)
  const talk = await steps.step(
    'b comes in by an invite on paper and the stick alone',
    async () => {
      const room = await Conversation.begin(a, 'Canary by post')
      await room.write(a, 'canary of a before b came')
      await room.wait(b)
      for (const node of [b, a]) await exchange(node, stick)
      // Letting somebody in takes a moment after what asks for it came.
      await room.member(a, 2)
      for (const node of [a, b]) await exchange(node, stick)
      await room.member(b, 2)
      await room.sameTimeline(a, b)
      return room
    },
  )
  return { lab, scale, a, b, stick, talk }
}

async function carried({ lab, scale, a, b, stick, talk }: Sticks): Promise<void> {
  const { steps, directory } = lab
  await steps.step('both write, and the stick goes there and back', async () => {
    await talk.pour(a, 'canary of a', scale.messages)
    await talk.pour(b, 'canary of b', scale.messages)
    const from = performance.now()
    const report = await exchange(a, stick)
    steps.figure(`${report.written.records} records to the stick`, performance.now() - from, 'ms')
    for (const node of [b, a]) await exchange(node, stick)
    await talk.sameTimeline(a, b)
  })
  await steps.step('again with nothing new, nothing is written', async () => {
    for (const node of [a, b, a]) await exchange(node, stick)
    const { read, written } = await exchange(b, stick)
    const moved = [read, written].reduce((sum, { records, files }) => sum + records + files, 0)
    if (moved > 0) throw new Error(JSON.stringify({ read, written }))
  })
  await steps.step('a file goes along', async () => {
    const made = await makeFile(join(directory, 'photo.bin'), scale.fileBytes, systemRandom)
    await a.ask('file', 'send', talk.room, made.path)
    talk.told('')
    const from = performance.now()
    const { written } = await exchange(a, stick)
    steps.figure(
      'a file to the stick',
      written.bytes / MB / ((performance.now() - from) / 1_000),
      'MB/s',
    )
    await exchange(b, stick)
    const [file] = await until('b to know of the file', async () => {
      const files = await b.ask<{ id: string }[]>('file', 'list', talk.room)
      return files.length === 1 && files
    })
    const out = join(directory, 'photo-at-b.bin')
    await b.ask('file', 'get', talk.room, file!.id, '--out', out)
    if ((await hashOf(out)) !== made.hash) throw new Error('another file came out')
  })
}

async function unusable({ lab, a, b, stick, talk }: Sticks): Promise<void> {
  const { steps, directory } = lab
  const expect = async (wanted: string, ...args: string[]): Promise<void> => {
    const code = await a.refused(...args)
    if (code !== wanted) throw new Error(`${args.join(' ')} was refused with ${code}`)
  }
  await steps.step('one that is not there, and one that is a file', async () => {
    await expect('NOT_FOUND', 'carry', join(directory, 'nowhere'))
    await expect('NOT_FOUND', 'carry', join(directory, 'photo.bin'))
  })
  await steps.step('one that can not be written to', async () => {
    const dir = await stick.plug(a, { readOnly: true })
    await expect('NOT_ALLOWED', 'carry', dir)
    await stick.unplug()
  })
  await steps.step(
    'R7: one that is full says so; with space again, it takes the rest',
    async () => {
      const full = await Stick.make(directory, 'full', 96)
      const dir = await full.plug(a)
      const free = await full.fill(2.5 * MB)
      const child = a.run('carry', dir)
      const { code } = await child.ended
      if (code !== 1) throw new Error(`carry ended with ${code}, though not all fits`)
      const { problems } = JSON.parse(child.lines.join('\n')) as CarryReport
      if (!problems.some((words) => /full|not all files fit/i.test(words))) {
        throw new Error(`the problems are: ${problems.join('; ') || 'none'}`)
      }
      await free()
      await talk.write(a, 'canary after it was full')
      await a.ask('carry', dir)
      await full.unplug()
      const there = await full.plug(b)
      await b.ask('carry', there)
      await full.unplug()
      await talk.sameTimeline(a, b)
      await full.remove()
    },
  )
}

async function lost({ lab, a, b, stick, talk }: Sticks): Promise<void> {
  await lab.steps.step('A18: who finds it reads nothing of it', async () => {
    const texts = (await timeline(b, talk.room))
      .map(({ text }) => text)
      .filter((text) => text !== '')
    await a.stop()
    const secrets = await secretsIn(a.data)
    const words = Object.fromEntries(
      ['canary', 'Canary', 'photo.bin', ...texts.slice(0, 10)].map((word) => [
        word,
        Buffer.from(word),
      ]),
    )
    const bytes = await stick.read()
    const hits = found(bytes, { ...words, ...secrets })
    if (hits.length > 0) throw new Error(hits.join(', '))
    if (!bytes.includes('porchlight')) throw new Error('nothing of ours is on it')
    await a.start()
  })
}
