/** Two devices without a direct link, through neighbours: what the way costs. All in one process. */
import { systemClock } from '../../../core/clock.ts'
import { RELAY_LIMITS } from '../../../core/circuit/relay.ts'
import type { RelayLimits } from '../../../core/circuit/relay.ts'
import { until } from '../../compliance/until.ts'
import { CircuitStreet } from '../../unit/core-circuit-street.ts'
import type { House } from '../../unit/core-circuit-street.ts'
import type { Bench, Row } from '../bench.ts'
import { median } from '../measure/statistics.ts'
import { monotonic } from '../measure/timing.ts'

const MB = 1_000_000
const PIECE = 50_000
const FREE: RelayLimits = { ...RELAY_LIMITS, circuitRate: 1e12, rate: 1e12 }

const WAYS = [
  ['a direct link', 0],
  ['through one neighbour', 1],
  ['through three', 3],
  ['through seven', 7],
] as const

export const circuits: Bench = {
  name: 'circuits',
  says: 'a circuit through neighbours, beside a direct link: round trip, bytes a second, what waits at a relay',
  unavailable: async () => null,
  async run({ quick, say }) {
    const rows: Row[] = []
    for (const [contestant, relays] of WAYS) {
      say(contestant)
      const free = await measured(relays, FREE, quick ? 5 : 60, quick ? 50 : 500)
      const limited = await measured(relays, RELAY_LIMITS, quick ? 1 : 5, 0)
      rows.push({
        contestant,
        values: {
          'found in s': free.found,
          'round trip ms': free.trip,
          'MB/s, no limits': free.rate,
          'MB/s, as it comes': relays > 0 ? limited.rate : null,
          'most at a relay kB': relays > 0 ? limited.held / 1_000 : null,
        },
      })
    }
    return {
      work: 'Circuits over simulated links without delay or limit, real handshakes and sealing at both ends and on every link, all in one process: the time is that of the work. Round trips of 100 bytes, median; a stream of pieces of 50 kB.',
      rows,
      targets: [],
      notes: ['Each hop seals and opens once more, and all hops share one thread here.'],
    }
  },
}

async function measured(
  relays: number,
  relayLimits: RelayLimits,
  megabytes: number,
  trips: number,
): Promise<{ found: number; trip: number; rate: number; held: number }> {
  const street = new CircuitStreet({}, systemClock)
  const houses = Array.from({ length: relays + 2 }, (_, n) =>
    street.house(`h${n}`, { relayLimits }),
  )
  const [first, last] = [houses[0]!, houses.at(-1)!]
  // The timers of the clock keep no process alive.
  const awake = setInterval(() => {}, 1_000)
  try {
    const from = monotonic()
    street.room(first, last)
    await street.line(...houses)
    await until('the link', () => first.has(last) && last.has(first))
    const found = (monotonic() - from) / 1_000
    const taken: number[] = []
    for (let n = 0; n < trips; n++) taken.push(await roundTrip(first, last))
    let held = 0
    const before = last.bytes
    const begin = monotonic()
    for (let n = 0; n < (megabytes * MB) / PIECE; n++) {
      first.say(last, Buffer.alloc(PIECE, n))
      await first.drained(last)
      for (const house of houses) held = Math.max(held, house.circuits.load.queued)
    }
    await until('all bytes', () => last.bytes - before >= megabytes * MB, 120_000)
    const rate = megabytes / ((monotonic() - begin) / 1_000)
    return { found, trip: median(taken), rate, held }
  } finally {
    clearInterval(awake)
    await street.close()
  }
}

async function roundTrip(here: House, there: House): Promise<number> {
  const from = monotonic()
  await new Promise<void>((resolve) => {
    there.onword = (data) => there.say(here, data)
    here.onword = () => resolve()
    here.say(there, Buffer.alloc(100, 1))
  })
  there.onword = () => {}
  return monotonic() - from
}
