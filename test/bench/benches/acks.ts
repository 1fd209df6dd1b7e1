/** What it costs a room that its devices say what they have: acknowledgements beside the messages of a busy hour. */
import { busyHour } from '../../sim/busy-hour.ts'
import type { Bench } from '../bench.ts'
import { median } from '../measure/statistics.ts'
import { atMost } from '../targets.ts'

const TOWNS = [
  { devices: 5, messages: 400 },
  { devices: 12, messages: 600 },
  { devices: 30, messages: 1_200 },
] as const

interface Figure {
  readonly contestant: string
  readonly share: number
  readonly words: number
  readonly acks: number
  readonly worst: number
}

export const acks: Bench = {
  name: 'acks',
  says: 'bytes of acknowledgements for those of messages, in a simulated busy hour',
  unavailable: async () => null,
  async run({ quick, say }) {
    const seeds = quick ? [1] : [1, 2, 3, 4, 5]
    const figures: Figure[] = []
    for (const { devices, messages } of TOWNS) {
      const contestant = `${devices} devices in a line, ${messages.toLocaleString('en')} messages`
      say(contestant)
      const runs: { share: number; words: number; acks: number }[] = []
      for (const seed of seeds) {
        const town = await busyHour({ seed, devices, messages })
        runs.push({
          share: (100 * town.ackBytes) / town.messageBytes,
          words: (100 * town.wordBytes) / town.passedBytes,
          acks: town.acks,
        })
        await town.close()
      }
      const shares = runs.map(({ share }) => share)
      figures.push({
        contestant,
        share: median(shares),
        words: median(runs.map((run) => run.words)),
        acks: median(runs.map((run) => run.acks)),
        worst: Math.max(...shares),
      })
    }
    return {
      work: `An hour of talk after a quiet day, on a modelled network with real receipts: each device is linked with its two neighbours alone, so that most authors learn of nothing in a session. Messages of 20 to 220 characters; people read as they go, and say so. Medians of ${seeds.length}.`,
      rows: figures.map(({ contestant, share, words, acks: written }) => ({
        contestant,
        values: {
          'records, % of bytes written': share,
          records: written,
          'words in sessions, % of bytes sent': words,
        },
      })),
      targets: [
        atMost(
          'acknowledgements for the bytes of messages, the worst run',
          Math.max(...figures.map(({ worst }) => worst)),
          5,
          '%',
        ),
      ],
      notes: [
        'Records: blocks as they are stored and passed on. Words in sessions are what neighbours say of what they have, beside the blocks that they send each other; they are written nowhere.',
      ],
    }
  },
}
