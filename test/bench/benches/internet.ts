/** Homes behind routers on an internet of a lab: until two devices are linked, and until they are again. */
import { until } from '../../compliance/until.ts'
import { DhtDevice } from '../../lab/dht-device.ts'
import { Internet, INTERNET_PACKAGES } from '../../lab/internet.ts'
import type { Home } from '../../lab/internet.ts'
import { meetings } from '../../lab/nat.ts'
import { labUnavailable } from '../../lab/needs.ts'
import { LabNetwork } from '../../lab/netns.ts'
import type { Bench, Row } from '../bench.ts'
import { median } from '../measure/statistics.ts'
import { pause } from '../measure/timing.ts'
import { atMost } from '../targets.ts'

/** Whoever is not linked by then is counted as that. */
const LIMIT_MS = 60_000

const CONTESTANTS = [
  ['Porchlight', false],
  ['hyperswarm', true],
] as const

interface Pair {
  readonly a: DhtDevice
  readonly b: DhtDevice
}

export const internet: Bench = {
  name: 'internet',
  says: 'homes behind routers: until linked directly or by a relay, and after an uplink came back; beside hyperswarm',
  unavailable: () => labUnavailable(INTERNET_PACKAGES),
  async run({ quick, own, say }) {
    const [count, outages, away] = quick ? [2, 2, 10_000] : [10, 10, 30_000]
    const network = new LabNetwork()
    own({ close: () => network.remove() })
    const world = await Internet.make(network)
    const plain = [
      await world.home('plain1', 'preserving'),
      await world.home('plain2', 'preserving'),
    ] as const
    const random = [
      await world.home('random1', 'random'),
      await world.home('random2', 'random'),
    ] as const
    const offers = new DhtDevice(await world.host('relay', 5), world, { offersRelay: true })
    await offers.state('on')
    const relays = [await offers.relayKey()]
    const rows: Row[] = []
    const back = await outagesOf(world, plain, { outages, away, say })
    for (const [contestant, other] of CONTESTANTS) {
      const meet = async (homes: readonly [Home, Home], topic: string): Promise<number | null> => {
        const options = { topic: `${topic}${Number(other)}`, relays, count, plain: other }
        const seconds = await meetings(world, homes, options).then(
          ({ ms }) => median(ms) / 1_000,
          (error: Error) => {
            say(`${contestant}: ${error.message}`)
            return null
          },
        )
        say(`${contestant}, ${topic}: ${seconds?.toFixed(2) ?? 'not linked'}`)
        return seconds
      }
      const seconds = back.get(contestant)!
      rows.push({
        contestant,
        values: {
          'linked directly s': await meet(plain, 'kept'),
          'linked by a relay s': await meet(random, 'given'),
          'uplink back to linked s': bounded(median(seconds)),
          'slowest s': bounded(Math.max(...seconds)),
          [`not within ${LIMIT_MS / 1_000} s`]: seconds.filter((one) => one === Infinity).length,
        },
      })
    }
    return {
      work: `Two devices with one topic in a private DHT of ten nodes, in homes behind routers in network namespaces. Linked: from the start of one, with a new key, to bytes both ways, where both routers keep ports and where both give others (median of ${count}). Outage: the uplink of one home is cut for ${away / 1_000} s; from its return to bytes both ways, for both contestants in the same ${outages} outages (median), at most ${LIMIT_MS / 1_000} s.`,
      rows,
      targets: [
        atMost('uplink back to linked, median', bounded(median(back.get('Porchlight')!)), 2, 's'),
      ],
      notes: [
        'A “-” in a column of seconds means that it was not linked in time. Of hyperswarm a connection that outlives the outage counts as soon as bytes pass again.',
      ],
    }
  },
}

/** Seconds of each outage by contestant; Infinity for not in time. */
async function outagesOf(
  world: Internet,
  [home, other]: readonly [Home, Home],
  { outages, away, say }: { outages: number; away: number; say: (line: string) => void },
): Promise<Map<string, number[]>> {
  const pairs = new Map<string, Pair>()
  for (const [n, [contestant, plain]] of CONTESTANTS.entries()) {
    const options = { topic: `outage${n}`, plain }
    pairs.set(contestant, {
      b: new DhtDevice(await other.host(`stays${n}`, 20 + n), world, options),
      a: new DhtDevice(await home.host(`cut${n}`, 20 + n), world, options),
    })
  }
  const all = [...pairs]
  for (const [, pair] of all) await linked(pair, 0)
  const seconds = new Map(all.map(([contestant]) => [contestant, [] as number[]]))
  for (let run = 0; run < outages; run++) {
    await home.cutUplink()
    await pause(away)
    const mended = Date.now()
    await home.mendUplink()
    const took = await Promise.all(all.map(([, pair]) => linked(pair, mended)))
    for (const [n, [contestant]] of all.entries()) {
      seconds.get(contestant)!.push(took[n]!)
      say(`${contestant}: outage ${run + 1} of ${outages}, ${took[n]!.toFixed(2)} s`)
    }
  }
  await Promise.all(all.flatMap(([, { a, b }]) => [a.stop(), b.stop()]))
  return seconds
}

/** Seconds until both heard the other at or after a time; Infinity for not in time. */
async function linked({ a, b }: Pair, from: number): Promise<number> {
  const heard = (device: DhtDevice): number | undefined =>
    device.told.find(({ event, at }) => event === 'hello' && at >= from)?.at
  const both = (): number | undefined => {
    const times = [heard(a), heard(b)]
    return times.includes(undefined) ? undefined : Math.max(...(times as number[]))
  }
  try {
    return ((await until('the link', both, LIMIT_MS)) - from) / 1_000
  } catch {
    return Infinity
  }
}

function bounded(seconds: number): number | null {
  return Number.isFinite(seconds) ? seconds : null
}
