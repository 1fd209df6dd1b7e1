/** A town without an uplink: what carriers deliver, and at what cost, beside flooding and members alone. */
import { CARRY_QUOTA, SPRAY } from '../../../core/mirror/carry/spray.ts'
import type { Protocol } from '../../sim/carry/carriers.ts'
import { direct, flooding, twoHops } from '../../sim/carry/plain-protocols.ts'
import { spraying } from '../../sim/carry/spraying.ts'
import type { Outcome } from '../../sim/carry/tally.ts'
import { runWeek } from '../../sim/carry/week.ts'
import { makeWorld } from '../../sim/carry/world.ts'
import type { Bench, Row } from '../bench.ts'
import { median } from '../measure/statistics.ts'
import { carryPlot } from '../plot/carry-plot.ts'
import { atLeast, atMost } from '../targets.ts'

interface Contestant {
  readonly name: string
  readonly protocol: Protocol
  /** Compared in the first town alone. */
  readonly once?: boolean
  readonly blindPeers?: number
}

const DAY = 24 * 60 * 60_000
const OURS = 'spray to regulars'
const ours = (change: Partial<typeof SPRAY> = {}, quota = CARRY_QUOTA): Protocol =>
  spraying({ ...SPRAY, ...change }, quota)

const CONTESTANTS: readonly Contestant[] = [
  { name: 'flooding', protocol: flooding },
  { name: OURS, protocol: ours() },
  { name: 'spray and wait', protocol: ours({ regulars: 0 }) },
  { name: 'two hops', protocol: twoHops },
  { name: 'members alone', protocol: direct },
  { name: '4 copies', protocol: ours({ copies: 4 }), once: true },
  { name: '8 copies', protocol: ours({ copies: 8 }), once: true },
  { name: '32 copies', protocol: ours({ copies: 32 }), once: true },
  { name: '4 regulars', protocol: ours({ regulars: 4 }), once: true },
  { name: '8 regulars', protocol: ours({ regulars: 8 }), once: true },
  { name: '16 regulars', protocol: ours({ regulars: 16 }), once: true },
  { name: 'carried for 1 day', protocol: ours({ life: DAY }), once: true },
  { name: 'carried for 3 days', protocol: ours({ life: 3 * DAY }), once: true },
  { name: 'quota of 1 MB', protocol: ours({}, 1_000_000), once: true },
  { name: 'with 5 blind peers', protocol: ours(), once: true, blindPeers: 5 },
  { name: 'members and 5 blind peers', protocol: direct, once: true, blindPeers: 5 },
]

const PLOTTED = CONTESTANTS.filter(({ once }) => !once).map(({ name }) => name)

export const carry: Bench = {
  name: 'carry',
  says: 'what strangers carry through a simulated town in a week, for how many bytes',
  unavailable: async () => null,
  async run({ quick, say, own }) {
    let ended = false
    own({ close: async () => (ended = true) })
    const size = quick ? { devices: 400, days: 5 } : { devices: 1_000, days: 7 }
    const seeds = quick ? [1] : [1, 2, 3]
    const outcomes = new Map<string, Outcome[]>(CONTESTANTS.map(({ name }) => [name, []]))
    for (const seed of seeds) {
      for (const blindPeers of [0, 5]) {
        const here = CONTESTANTS.filter((one) => (one.blindPeers ?? 0) === blindPeers)
        const now = here.filter(({ once }) => seed === seeds[0] || !once)
        if (now.length === 0) continue
        const world = makeWorld({ seed, blindPeers, ...size })
        for (const { name, protocol } of now) {
          say(`town ${seed}: ${name}`)
          outcomes.get(name)!.push(runWeek(world, protocol))
          await new Promise((resolve) => setImmediate(resolve))
          if (ended) throw new Error('interrupted')
        }
      }
    }
    const best = outcomes.get('flooding')!
    const shares = outcomes.get(OURS)!.map((outcome, i) => share(outcome, best[i]!))
    const plotted = PLOTTED.map((name) => {
      const first = outcomes.get(name)![0]!
      return { name, within: first.within, bytes: share(first, best[0]!).bytes }
    })
    return {
      work: `${size.devices.toLocaleString('en')} devices of a town of ${Math.round(size.devices / 125)} districts, for ${size.days} days without any uplink: homes and workplaces with a network, radios in classes, buses, shops, the market and through the wall; most devices off at night, some most of the time. Families, streets, clubs and one room of the town write. Every protocol has the same meetings and messages. Medians of ${seeds.length} towns; what changes one setting is from the first town alone.`,
      rows: CONTESTANTS.map(({ name }) => row(name, outcomes.get(name)!, best)),
      targets: [
        atLeast(
          'delivered, of what flooding delivers, the worst town',
          Math.min(...shares.map(({ delivered }) => delivered)),
          95,
          '%',
        ),
        atMost(
          'bytes, of those of flooding, the worst town',
          Math.max(...shares.map(({ bytes }) => bytes)),
          20,
          '%',
        ),
      ],
      notes: [
        'Delivered: pairs of a message and a member, of messages written at least two days before the end, by the end. Bytes: messages, each with 300 bytes of proof, to members and carriers; what devices say of what they have is not counted, for any protocol.',
        `"${OURS}" is what core/mirror/carry decides: ${SPRAY.copies} copies, ${SPRAY.regulars} regulars. A row named by one setting has the others as there. A blind peer stands at the market and in four shops, and mirrors the rooms of streets and of the town.`,
        'Flooding keeps everything for ever, without quota. Of who has what, a simulated member hears from members alone: a real one also by what it is brought.',
      ],
      plot: carryPlot(
        `${size.devices.toLocaleString('en')} devices, ${size.days} days, no uplink`,
        plotted,
        72,
      ),
    }
  },
}

/** In % of flooding in the same town. */
function share(outcome: Outcome, best: Outcome): { delivered: number; bytes: number } {
  return {
    delivered: (100 * outcome.delivered) / best.delivered,
    bytes: (100 * outcome.bytes) / best.bytes,
  }
}

function row(contestant: string, outcomes: readonly Outcome[], best: readonly Outcome[]): Row {
  const of = (figure: (outcome: Outcome, best: Outcome) => number): number =>
    median(outcomes.map((outcome, i) => figure(outcome, best[i]!)))
  return {
    contestant,
    values: {
      'delivered %': of(({ delivered }) => 100 * delivered),
      'of flooding %': of((outcome, flood) => share(outcome, flood).delivered),
      'bytes of flooding %': of((outcome, flood) => share(outcome, flood).bytes),
      'p50 h': of(({ p50 }) => p50 / 60),
      'p90 h': of(({ p90 }) => p90 / 60),
      'p99 h': of(({ p99 }) => p99 / 60),
      copies: of(({ copies }) => copies),
      'kB a delivery': of(({ bytesPerDelivery }) => bytesPerDelivery / 1_000),
      'carried MB, most': of(({ storageMost }) => storageMost / 1e6),
      'carried MB, mean': of(({ storageMean }) => storageMean / 1e6),
    },
  }
}
