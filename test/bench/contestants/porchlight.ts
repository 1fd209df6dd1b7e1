/** Porchlight's engine as a participant: one device, linked by TCP over loopback. */
import { systemClock } from '../../../core/clock.ts'
import { silentLogger } from '../../../core/logger.ts'
import { systemRandom } from '../../../core/random.ts'
import { LanTransport } from '../../../transports/lan/index.ts'
import { serve } from '../measure/serve.ts'
import { monotonic, until } from '../measure/timing.ts'
import { chatText } from './chat-text.ts'
import { PorchlightNode } from './porchlight-node.ts'

const AT_ONCE = 100

let node: PorchlightNode
let lan: LanTransport

const calls = {
  /** Opens a data directory; gives the address to dial. */
  async open(dir: string, name: string): Promise<string> {
    lan = new LanTransport({
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      loopback: true,
      beacon: false,
      mdns: false,
    })
    node = await PorchlightNode.open(dir, name, lan)
    return address()
  },
  async createRoom(): Promise<string> {
    const { id } = await node.engine.createRoom('Bench')
    return node.engine.invite(id)
  },
  /** An invite to the room it has. */
  invite: (): Promise<string> => node.engine.invite(node.room),
  /** Dials, and waits for the connection. */
  async dial(to: string): Promise<void> {
    await node.engine.dial('lan', to)
    await until('a connection', () => node.engine.peers().length > 0)
  },
  /** Milliseconds from joining to every message being shown. */
  async join(invite: string, total: number): Promise<number> {
    const from = monotonic()
    void node.engine.join(invite)
    return (await node.shows(total)) - from
  },
  isMember: (): Promise<void> =>
    until('being a member', () => node.engine.rooms()[0]?.state === 'joined'),
  /** Gives when it was asked to send. */
  async send(n: number): Promise<number> {
    const from = monotonic()
    await node.engine.send(node.room, chatText(node.name, n))
    return from
  },
  seenAt: (author: string, n: number): Promise<number> => node.seenAt(chatText(author, n)),
  /** Writes that many, the first being number `from`; gives the milliseconds it took. */
  async write(from: number, count: number): Promise<number> {
    const start = monotonic()
    for (let n = from; n < from + count; n += AT_ONCE) {
      await node.write(n, Math.min(n + AT_ONCE, from + count))
    }
    return monotonic() - start
  },
  shows: (count: number): Promise<number> => node.shows(count),
  order: (): Promise<{ hash: string; count: number }> => node.order(),
  async unlink(): Promise<void> {
    await node.engine.switchTransport('lan', false)
    await until('being alone', () => node.engine.peers().length === 0)
  },
  /** Goes back on the network and dials; gives when it began. */
  async relink(to: string): Promise<number> {
    const from = monotonic()
    await node.engine.switchTransport('lan', true)
    await node.engine.dial('lan', to)
    return from
  },
}

export type PorchlightCalls = typeof calls

function address(): string {
  const found = lan.addresses()[0]
  if (found === undefined) throw new Error('the transport has no address')
  return found
}

serve(calls)
