/** One message from one device to another, one at a time: how long until it is there. */
import { join } from 'node:path'
import type { Bench, BenchContext, Row } from '../bench.ts'
import type { AutobaseCalls } from '../contestants/autobase.ts'
import { chatText } from '../contestants/chat-text.ts'
import { Daemon } from '../contestants/daemon.ts'
import type { NoiseCalls } from '../contestants/noise.ts'
import type { PorchlightCalls } from '../contestants/porchlight.ts'
import { Participant } from '../measure/participant.ts'
import { percentile } from '../measure/statistics.ts'
import { monotonic, pause } from '../measure/timing.ts'
import { atMost, timesFaster } from '../targets.ts'

/** Of this benchmark alone, so that nodes of other programs on this computer stay out. */
const BEACON_PORT = 47_821
/** Messages that each sends before the next one's turn: noise of the machine then hits all alike. */
const TURN = 20
/** Between messages, for what follows one (acknowledgements) not to meet the next. */
const GAP_MS = 10
const WARM_UP = 40

/** Sends the n-th message, and gives the milliseconds it took to arrive. */
type Shot = (n: number) => Promise<number>

const PORCHLIGHT = 'Porchlight, API to event stream'
const ENGINE = 'Porchlight, engine alone'
const AUTOBASE = 'Autobase + Hyperbee'
const NOISE = 'bare Noise stream, round trip / 2'

export const latency: Bench = {
  name: 'latency',
  says: 'a message from one device to another, beside an Autobase-only chat and a bare Noise stream',
  unavailable: async () => null,
  async run(context) {
    const messages = context.quick ? 60 : 500
    const contestants: [string, Shot][] = [
      [PORCHLIGHT, await daemons(context)],
      [ENGINE, await engines(context)],
      [AUTOBASE, await autobases(context)],
      [NOISE, await noise(context)],
    ]
    const samples = new Map<string, number[]>(contestants.map(([name]) => [name, []]))
    for (let sent = -WARM_UP; sent < messages; sent += TURN) {
      for (const [name, shot] of contestants) {
        for (let n = sent; n < Math.min(sent + TURN, messages); n++) {
          const ms = await shot(n + WARM_UP)
          if (n >= 0) samples.get(name)!.push(ms)
          await pause(GAP_MS)
        }
      }
      if (sent >= 0 && sent % 100 === 0) context.say(`${sent} of ${messages}`)
    }
    const rows = [...samples].map(([name, taken]) => row(name, taken))
    const ours = percentile(samples.get(PORCHLIGHT)!, 0.5)
    return {
      work: `${messages} messages of 120 characters, one after another, between two processes over loopback TCP, in turns of ${TURN}. Porchlight: from the request to one node's local API to the event on the other's stream. Autobase: from append to the view having it.`,
      rows,
      targets: [
        atMost('p50', ours, 5, 'ms'),
        timesFaster(AUTOBASE, ours, percentile(samples.get(AUTOBASE)!, 0.5), 2),
      ],
      notes: [],
    }
  },
}

function row(contestant: string, samples: readonly number[]): Row {
  const at = (share: number): number => percentile(samples, share)
  return { contestant, values: { 'p50 ms': at(0.5), 'p95 ms': at(0.95), 'p99 ms': at(0.99) } }
}

async function daemons({ directory, own }: BenchContext): Promise<Shot> {
  const a = own(await Daemon.start(directory, 'a', BEACON_PORT))
  const b = own(await Daemon.start(directory, 'b', BEACON_PORT))
  await Promise.all([a.linked(), b.linked()])
  const room = await a.createRoom('Bench')
  await a.letIn(b, room)
  await b.follow()
  return async (n) => {
    const text = chatText('a', n)
    const from = monotonic()
    const [at] = await Promise.all([b.seenAt(text), a.send(room, text)])
    return at - from
  }
}

async function engines({ directory, own }: BenchContext): Promise<Shot> {
  const a = own(new Participant<PorchlightCalls>('porchlight'))
  const b = own(new Participant<PorchlightCalls>('porchlight'))
  const address = await a.call('open', join(directory, 'engine-a'), 'a')
  await b.call('open', join(directory, 'engine-b'), 'b')
  const invite = await a.call('createRoom')
  await b.call('dial', address)
  await b.call('join', invite, 0)
  await b.call('isMember')
  return async (n) => {
    const [at, from] = await Promise.all([b.call('seenAt', 'a', n), a.call('send', n)])
    return at - from
  }
}

async function autobases({ directory, own }: BenchContext): Promise<Shot> {
  const a = own(new Participant<AutobaseCalls>('autobase'))
  const b = own(new Participant<AutobaseCalls>('autobase'))
  const { key } = await a.call('open', join(directory, 'autobase-a'), null, 'a')
  const { local } = await b.call('open', join(directory, 'autobase-b'), key, 'b')
  await b.call('dial', await a.call('listen'))
  await a.call('addWriter', local)
  await b.call('isWriter')
  return async (n) => {
    const message = `m/${String(n).padStart(15, '0')}`
    await b.call('watch', message)
    const [at, from] = await Promise.all([b.call('seenAt', message), a.call('send', message, n)])
    return at - from
  }
}

async function noise({ own }: BenchContext): Promise<Shot> {
  const a = own(new Participant<NoiseCalls>('noise'))
  const b = own(new Participant<NoiseCalls>('noise'))
  await a.call('dial', await b.call('listen'))
  return (n) => a.call('halfRoundTrip', n)
}
