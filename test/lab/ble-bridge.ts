/** A has Bluetooth alone, C a LAN alone, B both: what A writes reaches C, and the two never link. */
import { Conversation } from './conversation.ts'
import type { Field } from './ble-field.ts'
import type { LabNode, Status } from './lab-node.ts'
import type { Lab } from './scenario.ts'

/** Runs that part of the scenario. */
export async function bridged({ steps, network }: Lab, field: Field): Promise<void> {
  const [a, b, c] = await steps.step('a by Bluetooth, c by LAN, b by both', async () => {
    const bridge = await network.bridge()
    const made = [
      await field.node('island', {}),
      await field.node('both', { bridge }),
      await field.node('inland', { bridge, radio: false }),
    ] as const
    await Promise.all(made.map((node) => node.start()))
    // Nor shall a circuit through b link them: what passes is what b has itself.
    await made[1].ask('mirror', 'relay', 'off')
    await Promise.all([made[0].linked('ble'), made[2].linked('lan')])
    return made
  })
  const apart = watchApart(a, c)
  try {
    const talk = await steps.step('a’s invite lets b in, and c through b', async () => {
      const room = await Conversation.begin(a, 'Bridge')
      await room.join(b, 2)
      await room.join(c, 3)
      return room
    })
    await steps.step('words both ways, each once and in one order', async () => {
      const there = await talk.delays(a, c, 3)
      const back = await talk.delays(c, a, 3)
      steps.figure('Bluetooth to LAN, slowest', Math.max(...there, ...back), 'ms')
      await talk.sameTimeline(a, b, c)
    })
    await steps.step('a and c were never linked', () => apart.check())
  } finally {
    apart.stop()
  }
  await steps.step('the three end as they should', async () => {
    for (const node of [a, b, c]) await node.stop()
  })
}

/** Looks again and again whether two nodes are linked. */
function watchApart(a: LabNode, c: LabNode): { check(): Promise<void>; stop(): void } {
  let linked = ''
  let looks = 0
  const look = async (): Promise<void> => {
    const [ofA, ofC] = await Promise.all([a.get<Status>('/status'), c.get<Status>('/status')])
    const way =
      ofA.peers.find(({ id }) => id === ofC.device) ?? ofC.peers.find(({ id }) => id === ofA.device)
    if (way !== undefined) linked = way.transport
    looks++
  }
  const timer = setInterval(() => void look().catch(() => {}), 500)
  return {
    stop: () => clearInterval(timer),
    async check() {
      await look()
      if (linked !== '') throw new Error(`they were linked by ${linked}`)
      if (looks < 3) throw new Error(`this was looked at ${looks} times alone`)
    },
  }
}
