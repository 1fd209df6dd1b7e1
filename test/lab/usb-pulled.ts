/** A stick that is pulled out, and a node that is killed, while it is written. */
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../compliance/until.ts'
import { timeline } from './away-errand.ts'
import type { Conversation } from './conversation.ts'
import type { LabNode } from './lab-node.ts'
import { exchange } from './usb-errand.ts'
import type { Sticks } from './usb-errand.ts'
import type { Stick } from './usb-stick.ts'

/** Messages before each pull. */
const PIECE = 15

/** A part of `usb`. */
export async function pulled({ lab, scale, a, b, stick, talk }: Sticks): Promise<void> {
  const { steps } = lab
  const kept = await steps.step('a stick is written to its end', async () => {
    const texts = await talk.pour(a, 'canary on the stick', scale.messages)
    await exchange(a, stick)
    return texts
  })
  const copies = await steps.step('more is written, and the node killed meanwhile', async () => {
    const copies: Stick[] = []
    let cut = 0
    for (let i = 0; i < scale.pulls; i++) {
      await talk.pour(a, 'canary half-way', PIECE)
      const dir = await stick.plug(a)
      const writing = a.post('/carry', { dir }).then(
        () => 0,
        () => 1,
      )
      // Sooner and later, from pull to pull.
      await pause((i * 80) / scale.pulls)
      if (i % 2 === 0) {
        copies.push(await stick.copy(`pulled-${i}`))
        await a.kill()
        cut += await writing
        await a.start()
      } else {
        await stick.pull()
        cut += await writing
      }
    }
    steps.figure(`of ${scale.pulls} pulls, in the middle of it`, cut, '')
    return copies
  })
  await steps.step('each of them opens again, and has what was written to its end', async () => {
    for (const copy of copies) {
      await exchange(b, copy)
      await has(b, talk, kept)
      await copy.remove()
    }
  })
  await steps.step('the stick itself goes on where it was', async () => {
    for (const node of [a, b, a]) await exchange(node, stick)
    await talk.sameTimeline(a, b)
  })
}

async function has(node: LabNode, talk: Conversation, texts: readonly string[]): Promise<void> {
  await until(`${node.name} to show what was written to its end`, async () => {
    const shown = new Set((await timeline(node, talk.room)).map(({ text }) => text))
    return texts.every((text) => shown.has(text))
  })
}
