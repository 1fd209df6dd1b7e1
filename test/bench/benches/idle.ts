/** Nodes that have nothing to do: what they take from the computer all the same. */
import type { Bench, BenchContext } from '../bench.ts'
import { Daemon } from '../contestants/daemon.ts'
import type { IdleAutobaseCalls } from '../contestants/idle-autobase.ts'
import type { IdleNodeCalls } from '../contestants/idle-node.ts'
import { Participant } from '../measure/participant.ts'
import { pause } from '../measure/timing.ts'
import { usageOf } from '../measure/usage.ts'
import { atMost } from '../targets.ts'

const ROOMS = 10
const SECONDS = 60
/** After the start, for what it sets off to be over. */
const SETTLE_MS = 10_000
/** Two groups that cannot find each other. */
const ALONE_PORT = 47_831
const PAIR_PORT = 47_832

const ALONE = `Porchlight, ${ROOMS} rooms, nobody around`
const LINKED = `Porchlight, ${ROOMS} rooms, linked with a member of all`

export const idle: Bench = {
  name: 'idle',
  says: 'CPU and memory of a node with 10 rooms that has nothing to do',
  unavailable: async () =>
    process.platform === 'linux' ? null : 'reads CPU and memory of other processes from /proc',
  async run(context) {
    const seconds = context.seconds ?? (context.quick ? 10 : SECONDS)
    const contestants: [string, number][] = [
      [ALONE, await alone(context)],
      [LINKED, await linked(context)],
      [`Autobase + Hyperbee, ${ROOMS} chats open, no network`, await autobases(context)],
      ['Node.js with nothing in it', await nothing(context)],
    ]
    context.say('settling')
    await pause(SETTLE_MS)
    const before = await Promise.all(contestants.map(([, pid]) => usageOf(pid)))
    context.say(`watching for ${seconds} s`)
    await pause(seconds * 1_000)
    const after = await Promise.all(contestants.map(([, pid]) => usageOf(pid)))
    const figures = contestants.map(([contestant], i) => ({
      contestant,
      cpu: ((after[i]!.cpu - before[i]!.cpu) / seconds) * 100,
      rss: after[i]!.rss / 1e6,
    }))
    const worst = (key: 'cpu' | 'rss'): number =>
      Math.max(...figures.slice(0, 2).map((figure) => figure[key]))
    return {
      work: `${seconds} s in which nothing happens, all at the same time, each in a process of its own; Porchlight's nodes are whole ones, with the local API and the local network on (mDNS and beacon, on loopback).`,
      rows: figures.map(({ contestant, cpu, rss }) => ({
        contestant,
        values: { 'CPU % of a core': cpu, 'memory MB': rss },
      })),
      targets: [
        atMost('CPU of a core, the higher of both', worst('cpu'), 1, '%'),
        atMost('memory, the higher of both', worst('rss'), 130, 'MB'),
      ],
      notes: [],
    }
  },
}

async function alone({ directory, own }: BenchContext): Promise<number> {
  const node = own(await Daemon.start(directory, 'alone', ALONE_PORT))
  for (let i = 0; i < ROOMS; i++) await node.createRoom(`Room ${i}`)
  return node.pid
}

async function linked({ directory, own }: BenchContext): Promise<number> {
  const node = own(await Daemon.start(directory, 'host', PAIR_PORT))
  const guest = own(await Daemon.start(directory, 'guest', PAIR_PORT))
  await node.linked()
  for (let i = 0; i < ROOMS; i++) await node.letIn(guest, await node.createRoom(`Room ${i}`))
  return node.pid
}

async function autobases({ directory, own }: BenchContext): Promise<number> {
  const chats = own(new Participant<IdleAutobaseCalls>('idle-autobase'))
  return chats.call('open', directory, ROOMS)
}

async function nothing({ own }: BenchContext): Promise<number> {
  return own(new Participant<IdleNodeCalls>('idle-node')).call('pid')
}
