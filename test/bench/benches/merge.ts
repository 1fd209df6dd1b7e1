/** Two devices that wrote apart meet again: how long until both show everything in one order. */
import { join as pathJoin } from 'node:path'
import type { Bench, BenchContext, Row } from '../bench.ts'
import type { AutobaseCalls } from '../contestants/autobase.ts'
import type { PorchlightCalls } from '../contestants/porchlight.ts'
import { Participant } from '../measure/participant.ts'
import { median } from '../measure/statistics.ts'
import type { Usage } from '../measure/usage.ts'
import { atMost, timesFaster } from '../targets.ts'

const LIMIT_MS = 300_000
/** Messages from each before the partition, as nobody parts without a word. */
const BEFORE = 20

interface Merging {
  readonly seconds: number
  readonly peakMB: number
  readonly cpu: number
}

type Merge = (context: BenchContext, directory: string, each: number) => Promise<Merging>

const contestants: readonly [string, Merge][] = [
  ['Porchlight', porchlight],
  ['Autobase + Hyperbee, 1 indexer', autobase],
]

export const merge: Bench = {
  name: 'merge',
  says: 'two devices with 5,000 messages each from a partition meet again, beside an Autobase-only chat',
  unavailable: async () => null,
  async run(context) {
    const [each, runs] = context.quick ? [500, 1] : [5_000, 3]
    const mergings = contestants.map((): Merging[] => [])
    for (let run = 0; run < runs; run++) {
      for (const [i, [name, play]] of contestants.entries()) {
        context.say(`${name}, ${run + 1} of ${runs}`)
        mergings[i]!.push(await play(context, pathJoin(context.directory, `${i}-${run}`), each))
      }
    }
    const rows = contestants.map(([name], i) => row(name, mergings[i]!))
    const [ours, theirs] = mergings.map((all) => median(all.map(({ seconds }) => seconds)))
    return {
      work: `Two devices, each in a process of its own, wrote ${each.toLocaleString('en')} messages of 120 characters each while apart. From linking again over loopback TCP until both show all of them, in one order. Medians of ${runs}.`,
      rows,
      targets: [atMost('time', ours!, 2, 's'), timesFaster('Autobase', ours!, theirs!, 4)],
      notes: ['Memory and CPU are those of the device that took more, its own writing included.'],
    }
  },
}

function row(contestant: string, mergings: readonly Merging[]): Row {
  const of = (key: keyof Merging): number => median(mergings.map((merging) => merging[key]))
  return {
    contestant,
    values: { 'time s': of('seconds'), 'peak memory MB': of('peakMB'), 'CPU s': of('cpu') },
  }
}

async function porchlight(
  { own }: BenchContext,
  directory: string,
  each: number,
): Promise<Merging> {
  const a = own(new Participant<PorchlightCalls>('porchlight'))
  const b = own(new Participant<PorchlightCalls>('porchlight'))
  const address = await a.call('open', pathJoin(directory, 'a'), 'a')
  await b.call('open', pathJoin(directory, 'b'), 'b')
  const invite = await a.call('createRoom')
  await b.call('dial', address)
  await b.call('join', invite, 0)
  await b.call('isMember')
  await Promise.all([a.call('write', 0, BEFORE), b.call('write', 0, BEFORE)])
  await Promise.all([a.call('shows', 2 * BEFORE), b.call('shows', 2 * BEFORE)])
  await b.call('unlink')
  await Promise.all([a.call('write', BEFORE, each), b.call('write', BEFORE, each)])
  const from = await b.call('relink', address)
  return merging(a, b, from, 2 * (BEFORE + each))
}

async function autobase({ own }: BenchContext, directory: string, each: number): Promise<Merging> {
  const a = own(new Participant<AutobaseCalls>('autobase'))
  const b = own(new Participant<AutobaseCalls>('autobase'))
  const { key } = await a.call('open', pathJoin(directory, 'a'), null, 'a')
  const { local } = await b.call('open', pathJoin(directory, 'b'), key, 'b')
  const port = await a.call('listen')
  await b.call('dial', port)
  await a.call('addWriter', local)
  await b.call('isWriter')
  await Promise.all([a.call('write', 0, BEFORE), b.call('write', 0, BEFORE)])
  await Promise.all([a.call('shows', 2 * BEFORE), b.call('shows', 2 * BEFORE)])
  await b.call('unlink')
  await Promise.all([a.call('write', BEFORE, each), b.call('write', BEFORE, each)])
  const from = await b.call('relink', port)
  return merging(a, b, from, 2 * (BEFORE + each))
}

/** What both kinds of participant can tell once they are linked again. */
interface Merger {
  shows(count: number): Promise<number>
  order(): Promise<{ hash: string; count: number }>
}

async function merging(
  a: Participant<AutobaseCalls> | Participant<PorchlightCalls>,
  b: Participant<AutobaseCalls> | Participant<PorchlightCalls>,
  from: number,
  total: number,
): Promise<Merging> {
  const both = [asMerger(a), asMerger(b)]
  const shown = await Promise.all(both.map((merger) => merger.shows(total)))
  const orders = await Promise.all(both.map((merger) => merger.order()))
  for (const { hash, count } of orders) {
    if (hash !== orders[0]!.hash || count !== total) throw new Error('the two show different rooms')
  }
  const usages: Usage[] = await Promise.all([a.usage(), b.usage()])
  await Promise.all([a.close(), b.close()])
  return {
    seconds: (Math.max(...shown) - from) / 1_000,
    peakMB: Math.max(...usages.map(({ peakRss }) => peakRss)) / 1e6,
    cpu: Math.max(...usages.map(({ cpu }) => cpu)),
  }
}

function asMerger(party: Participant<AutobaseCalls> | Participant<PorchlightCalls>): Merger {
  const participant = party as Participant<Pick<PorchlightCalls, 'shows' | 'order'>>
  return {
    shows: (count) => participant.callWithin(LIMIT_MS, 'shows', count),
    order: () => participant.call('order'),
  }
}
