/** A fresh device joins a room with a long history: how long until it shows all, in how much memory. */
import { join as pathJoin } from 'node:path'
import type { Bench, BenchContext, Row, Target } from '../bench.ts'
import type { AutobaseAuthorsCalls } from '../contestants/autobase-authors.ts'
import type { AutobaseCalls } from '../contestants/autobase.ts'
import type { Conversation } from '../contestants/conversation.ts'
import type { PorchlightAuthorsCalls } from '../contestants/porchlight-authors.ts'
import type { PorchlightCalls } from '../contestants/porchlight.ts'
import { Participant, TooSlow } from '../measure/participant.ts'
import { median } from '../measure/statistics.ts'
import { atMost, timesFaster } from '../targets.ts'

const AUTHORS = 5
/** Each begins having seen all before it. */
const TURNS = 100
const WRITING_LIMIT_MS = 900_000
const JOIN_LIMIT_MS = 300_000
const MB = 1e6

/** One device joining: seconds, null when it was not done within the limit; its peak memory and CPU. */
interface Joining {
  readonly seconds: number | null
  readonly peakMB: number
  readonly cpu: number
}

/** A prepared room, and how a fresh device joins it in a process of its own. */
type Joiner = (fresh: string) => Promise<Joining>

interface Size {
  readonly total: number
  readonly runs: number
  readonly goalSeconds: number
  readonly goalMB?: number
}

export const join: Bench = {
  name: 'join',
  says: 'a fresh device joins a room of 10,000 and of 100,000 messages, beside an Autobase-only chat',
  unavailable: async () => null,
  async run(context) {
    const sizes: Size[] = context.quick
      ? [{ total: 2_000, runs: 1, goalSeconds: 2.5 }]
      : [
          { total: 10_000, runs: 3, goalSeconds: 2.5 },
          { total: 100_000, runs: 1, goalSeconds: 15, goalMB: 300 },
        ]
    const rows: Row[] = []
    const targets: Target[] = []
    for (const size of sizes) {
      const measured = await measure(context, size)
      rows.push(...measured.rows)
      targets.push(...measured.targets)
    }
    return {
      work: `${AUTHORS} devices wrote messages of 120 characters in ${TURNS} turns, each having seen all before its turn; the first device then serves a fresh one over loopback TCP, each in a process of its own. From the call to join until every message is in the fresh device's timeline or view. Autobase without fast-forward, as a fast-forwarded device has no history to pass on.`,
      rows,
      targets,
      notes: [
        `Medians of ${sizes.map(({ total, runs }) => `${runs} (${total.toLocaleString('en')})`).join(' and ')} joins.`,
        `${JOIN_LIMIT_MS / 60_000} minutes were allowed to each; a dash means that it was not done by then.`,
      ],
    }
  },
}

async function measure(
  context: BenchContext,
  { total, runs, goalSeconds, goalMB }: Size,
): Promise<{ rows: Row[]; targets: Target[] }> {
  const count = total.toLocaleString('en')
  const conversation: Conversation = { total, authors: AUTHORS, turn: total / TURNS }
  context.say(`writing ${count} messages`)
  const [ourJoiner, theirJoiner] = await Promise.all([
    porchlight(context, conversation),
    autobase(context, conversation),
  ])
  const contestants: [string, Joiner, Joining[]][] = [
    ['Porchlight', ourJoiner, []],
    ['Autobase + Hyperbee', theirJoiner, []],
  ]
  for (let run = 0; run < runs; run++) {
    for (const [name, joiner, joinings] of contestants) {
      context.say(`${name} joins a room of ${count}`)
      joinings.push(await joiner(pathJoin(context.directory, `${name}-${total}-${run}`)))
    }
  }
  const [ours, theirs] = contestants.map(([, , joinings]) => medians(joinings))
  const targets = [
    atMost(`${count}: time`, ours!.seconds, goalSeconds, 's'),
    {
      ...timesFaster('Autobase', ours!.seconds, theirs!.seconds, 4),
      what: `${count}: faster than Autobase`,
    },
  ]
  if (goalMB !== undefined) targets.push(atMost(`${count}: memory`, ours!.peakMB, goalMB, 'MB'))
  return {
    rows: contestants.map(([name, , joinings]) =>
      row(`${count}: ${name}`, medians(joinings), total),
    ),
    targets,
  }
}

function row(contestant: string, { seconds, peakMB, cpu }: Joining, total: number): Row {
  const rate = seconds === null ? null : total / seconds
  return {
    contestant,
    values: { 'time s': seconds, 'messages/s': rate, 'peak memory MB': peakMB, 'CPU s': cpu },
  }
}

/** Each figure's own median; no time when one of them was not done. */
function medians(joinings: readonly Joining[]): Joining {
  const times = joinings.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]))
  return {
    seconds: times.length === joinings.length ? median(times) : null,
    peakMB: median(joinings.map(({ peakMB }) => peakMB)),
    cpu: median(joinings.map(({ cpu }) => cpu)),
  }
}

async function porchlight(
  { directory, own }: BenchContext,
  conversation: Conversation,
): Promise<Joiner> {
  const { total } = conversation
  const dir = pathJoin(directory, `porchlight-${total}`)
  const authors = own(new Participant<PorchlightAuthorsCalls>('porchlight-authors'))
  await authors.callWithin(WRITING_LIMIT_MS, 'write', dir, conversation)
  await authors.close()
  const host = own(new Participant<PorchlightCalls>('porchlight'))
  const address = await host.call('open', pathJoin(dir, '0'), 'author0')
  const invite = await host.call('invite')
  return async (fresh) => {
    const guest = own(new Participant<PorchlightCalls>('porchlight'))
    await guest.call('open', fresh, 'fresh')
    await guest.call('dial', address)
    return joining(guest, () => guest.callWithin(JOIN_LIMIT_MS, 'join', invite, total))
  }
}

async function autobase(
  { directory, own }: BenchContext,
  conversation: Conversation,
): Promise<Joiner> {
  const { total } = conversation
  const dir = pathJoin(directory, `autobase-${total}`)
  const authors = own(new Participant<AutobaseAuthorsCalls>('autobase-authors'))
  const key = await authors.callWithin(WRITING_LIMIT_MS, 'write', dir, conversation)
  await authors.close()
  const host = own(new Participant<AutobaseCalls>('autobase'))
  await host.call('open', pathJoin(dir, '0'), key, 'author0')
  const port = await host.call('listen')
  return async (fresh) => {
    const guest = own(new Participant<AutobaseCalls>('autobase'))
    await guest.call('prepare', fresh, port)
    return joining(guest, () => guest.callWithin(JOIN_LIMIT_MS, 'join', key, total))
  }
}

async function joining(
  guest: Pick<Participant<never>, 'usage' | 'close'>,
  join: () => Promise<number>,
): Promise<Joining> {
  const seconds = await join().then(
    (ms) => ms / 1_000,
    (error: unknown) => {
      if (error instanceof TooSlow) return null
      throw error
    },
  )
  const { peakRss, cpu } = await guest.usage()
  await guest.close()
  return { seconds, peakMB: peakRss / MB, cpu }
}
