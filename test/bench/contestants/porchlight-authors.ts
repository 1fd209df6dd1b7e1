/** Prepares a room that several Porchlight devices wrote together; the first one's data is what counts. */
import { join } from 'node:path'
import { systemClock } from '../../../core/clock.ts'
import { systemRandom } from '../../../core/random.ts'
import { MemoryNetwork } from '../../../transports/memory/index.ts'
import { serve } from '../measure/serve.ts'
import type { Conversation } from './conversation.ts'
import { turnsOf } from './conversation.ts'
import { PorchlightNode } from './porchlight-node.ts'

/** Soon, as nobody is apart for long here. */
const RECONNECT_MS = 5

const calls = {
  /** Writes the conversation; `dir/0` holds all of it afterwards. */
  async write(dir: string, conversation: Conversation): Promise<void> {
    const network = new MemoryNetwork({
      clock: systemClock,
      random: systemRandom,
      reconnect: RECONNECT_MS,
    })
    const nodes: PorchlightNode[] = []
    for (let i = 0; i < conversation.authors; i++) {
      const name = `author${i}`
      nodes.push(await PorchlightNode.open(join(dir, String(i)), name, network.transport(name)))
    }
    const [first, ...others] = nodes as [PorchlightNode, ...PorchlightNode[]]
    await first.engine.createRoom('Bench')
    const invite = await first.engine.invite(first.room)
    for (const { engine } of others) await engine.join(invite, { patience: 60_000 })
    let before = first
    // Each meets only the one whose turn it was: it fetches a turn as a device that was away does.
    const meetBefore = async (node: PorchlightNode, count: number): Promise<void> => {
      const apart = nodes.filter((other) => other !== node && other !== before)
      network.partition([[node.name, before.name], ...apart.map(({ name }) => [name])])
      await node.shows(count)
    }
    for (const { author, from, to } of turnsOf(conversation)) {
      const node = nodes[author]!
      await meetBefore(node, from)
      await node.write(from, to)
      before = node
    }
    await meetBefore(first, conversation.total)
    for (const { engine } of nodes) await engine.close()
  },
}

export type PorchlightAuthorsCalls = typeof calls

serve(calls)
