/** A crowded room: how long a start takes until it can be read, and how fast it is searched. */
import { join } from 'node:path'
import type { Bench, BenchContext } from '../bench.ts'
import type { CrowdCalls } from '../contestants/crowd.ts'
import { Participant } from '../measure/participant.ts'
import { median, percentile } from '../measure/statistics.ts'
import { atMost } from '../targets.ts'

const LIMIT_MS = 900_000
const STARTS = 5
const SEARCHES = 400
const SCANS = 3

export const crowd: Bench = {
  name: 'crowd',
  says: 'a room of 500 members’ devices and 100,000 messages: start to first page, search, size of the index',
  unavailable: async () => null,
  async run(context) {
    const [devices, messages] = context.quick ? [50, 5_000] : [500, 100_000]
    const dir = join(context.directory, 'host')
    await once(context, async (node) => {
      context.say(`writing ${messages.toLocaleString('en')} messages of ${devices} devices`)
      await node.callWithin(LIMIT_MS, 'fill', dir, { devices, messages })
    })
    context.say('the first start, which reads every message')
    const first = await once(context, (node) => start(node, dir, messages))
    const starts: number[] = []
    for (let run = 0; run < STARTS; run++) {
      context.say(`start ${run + 1} of ${STARTS}`)
      starts.push((await once(context, (node) => start(node, dir, messages))).page)
    }
    context.say('searching')
    const { times, scans, bytes, members } = await once(context, async (node) => {
      await node.callWithin(LIMIT_MS, 'open', dir, messages)
      const found = await node.callWithin(LIMIT_MS, 'search', SEARCHES)
      if (found.hits === 0) throw new Error('nothing was found')
      const scans = await node.callWithin(LIMIT_MS, 'scan', SCANS)
      const members = await node.call('members')
      await node.call('close')
      return { times: found.times, scans, bytes: await node.call('indexSize', dir), members }
    })
    if (members !== devices) throw new Error(`the room has ${members} members`)
    return {
      work: `A room of ${devices} members, each with a device and a log of its own, and ${messages.toLocaleString('en')} messages of 3 to 16 words by Zipf's law. A start is from opening the data, in a fresh process, to the first page of 50 messages; medians of ${STARTS}. ${SEARCHES} searches for the newest 20: a common word, a rare one, two common ones, the first three letters of one.`,
      rows: [
        row('Porchlight', median(starts), median(times), percentile(times, 0.99)),
        row('… nothing kept from before', first.page, null, null),
        row('reading every message instead', null, median(scans), null),
      ],
      targets: [
        atMost('start to first page', median(starts) / 1_000, 1, 's'),
        atMost('search, p50', median(times), 20, 'ms'),
        atMost('index on disk, a message', bytes / messages, 60, 'bytes'),
      ],
      notes: [
        'The index on disk is the whole of what a start reads instead of the messages: their order, search, receipts.',
      ],
    }
  },
}

function row(contestant: string, start: number | null, p50: number | null, p99: number | null) {
  return { contestant, values: { 'start ms': start, 'search p50 ms': p50, 'p99 ms': p99 } }
}

/** Something that a fresh process does. */
async function once<T>(
  { own }: BenchContext,
  work: (node: Participant<CrowdCalls>) => Promise<T>,
): Promise<T> {
  const node = own(new Participant<CrowdCalls>('crowd'))
  const result = await work(node)
  await node.close()
  return result
}

async function start(
  node: Participant<CrowdCalls>,
  dir: string,
  messages: number,
): Promise<{ page: number; all: number }> {
  const taken = await node.callWithin(LIMIT_MS, 'open', dir, messages)
  await node.callWithin(LIMIT_MS, 'close')
  return taken
}
