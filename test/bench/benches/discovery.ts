/** Two computers on one switch with no router: how long until they find each other, at first and after an outage. */
import { Conversation } from '../../lab/conversation.ts'
import { LabNode } from '../../lab/lab-node.ts'
import { labUnavailable } from '../../lab/needs.ts'
import { LabNetwork } from '../../lab/netns.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/statistics.ts'
import { pause } from '../measure/timing.ts'
import { atMost } from '../targets.ts'

/** Written on the other side while the cable is out. */
const MISSED = 5

interface Couple {
  readonly a: LabNode
  readonly b: LabNode
}

/** Seconds of each run. */
interface Outages {
  readonly length: number
  readonly seconds: readonly number[]
}

export const discovery: Bench = {
  name: 'discovery',
  says: 'two computers on one switch: until they find each other, and until all is there after an outage',
  unavailable: () => labUnavailable(['iproute2']),
  async run(context) {
    const [meetings, lengths, runs] = context.quick
      ? ([2, [3], 1] as const)
      : ([10, [10, 60], 3] as const)
    const network = new LabNetwork()
    context.own({ close: () => network.remove() })
    const couple = await plugIn(context, network)
    const met: number[] = []
    for (let run = 0; run < meetings; run++) {
      met.push(await meet(couple))
      context.say(`met after ${met.at(-1)!.toFixed(2)} s, ${run + 1} of ${meetings}`)
      if (run < meetings - 1) await Promise.all([couple.a.stop(), couple.b.stop()])
    }
    const talk = await Conversation.begin(couple.a, 'Bench')
    await talk.join(couple.b, 2)
    const outages: Outages[] = []
    for (const length of lengths) {
      const seconds: number[] = []
      for (let run = 0; run < runs; run++) {
        seconds.push(await outage(couple, talk, length))
        context.say(`${length} s apart, then ${seconds.at(-1)!.toFixed(2)} s`)
      }
      outages.push({ length, seconds })
    }
    return {
      work: `Two nodes in network namespaces on one bridge, without router or name server. Meeting: both started at the same moment, from the later of their ready lines to the later of their connections (${meetings} runs). Outage: the link of one is taken down while the other writes ${MISSED} messages; from link-up to the last of them being shown there (${runs} runs each).`,
      rows: [
        row('meeting', met),
        ...outages.map(({ length, seconds }) => row(`after ${length} s without link`, seconds)),
      ],
      targets: [
        atMost('meeting, the slowest', Math.max(...met), 1, 's'),
        ...outages.map(({ length, seconds }) =>
          atMost(`after ${length} s, the slowest`, Math.max(...seconds), 2, 's'),
        ),
      ],
      notes: [],
    }
  },
}

function row(
  contestant: string,
  seconds: readonly number[],
): {
  contestant: string
  values: Record<string, number>
} {
  return { contestant, values: { 'median s': median(seconds), 'slowest s': Math.max(...seconds) } }
}

async function plugIn({ directory }: BenchContext, network: LabNetwork): Promise<Couple> {
  const bridge = await network.bridge()
  const node = async (name: string, number: number): Promise<LabNode> =>
    new LabNode(await network.host(name, bridge, number), directory)
  return { a: await node('a', 1), b: await node('b', 2) }
}

/** Seconds from the later ready line to the later connection; 0 when that was there by then. */
async function meet({ a, b }: Couple): Promise<number> {
  await Promise.all([a.start(), b.start()])
  const linked = await Promise.all([a.linked(), b.linked()])
  const since = Math.max(...linked.map((peer) => peer.since))
  return Math.max(0, since - Math.max(a.readyAt, b.readyAt)) / 1_000
}

/** Seconds from link-up to the last missed message being shown. */
async function outage({ a, b }: Couple, talk: Conversation, length: number): Promise<number> {
  const follower = b.follow(talk.room)
  try {
    await follower.shown(await talk.write(a, 'before'))
    const back = pause(length * 1_000)
    await b.host.unplug()
    const missed = await talk.writeMany(a, 'missed', MISSED)
    await back
    const from = Date.now()
    await b.host.replug()
    const shown = await Promise.all(missed.map((text) => follower.shown(text)))
    return (Math.max(...shown) - from) / 1_000
  } finally {
    await follower.stop()
  }
}
