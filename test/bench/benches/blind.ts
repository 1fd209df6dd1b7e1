/** A blind peer with a thousand rooms: what it takes of the computer that it runs on. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../../core/clock.ts'
import { hash } from '../../../core/crypto/hash.ts'
import { silentLogger } from '../../../core/logger.ts'
import type { HeldView } from '../../../core/mirror/api.ts'
import { Archive } from '../../../core/mirror/archive/archive.ts'
import type { LogRange } from '../../../core/mirror/copy.ts'
import { Holder } from '../../../core/mirror/holder/holder.ts'
import { mirrorId } from '../../../core/mirror/mirror-keys.ts'
import { SignedLogs, blockOf } from '../../unit/core-signed-logs.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { Daemon } from '../contestants/daemon.ts'
import { median } from '../measure/statistics.ts'
import { monotonic, pause } from '../measure/timing.ts'
import { usageOf } from '../measure/usage.ts'
import { atMost } from '../targets.ts'

const NAME = 'pi'
const PORT = 47_833
const QUOTA = 4e9
/** Of one room: logs, blocks of each, bytes of each. */
const LOGS = 4
const BLOCKS = 256
const BLOCK = 1_000
/** Logs that there are in all: rooms share them, which an archive does not know. */
const AUTHORS = 40
const ROOMS_OF_EACH = 10
const SETTLE_MS = 10_000
const SECONDS = 60

interface Figures {
  readonly start: number
  readonly rss: number
  readonly peak: number
  readonly cpu: number
}

export const blind: Bench = {
  name: 'blind',
  says: 'a blind peer with 1,000 rooms and 1 GB that has nothing to do: start, memory, CPU',
  unavailable: async () =>
    process.platform === 'linux' ? null : 'reads CPU and memory of other processes from /proc',
  async run(context) {
    const rooms = context.quick ? 100 : 1_000
    const empty = await measured(context, 0)
    const full = await measured(context, rooms)
    const values = ({ start, rss, peak, cpu }: Figures): Record<string, number> => ({
      'start in s': start / 1_000,
      'memory MB': rss / 1e6,
      'most memory MB': peak / 1e6,
      'CPU % of a core': cpu,
    })
    const bytes = (rooms * LOGS * BLOCKS * BLOCK) / 1e9
    return {
      work: `A whole node with --neighbourhood, with the local API and the local network on, that holds ${rooms} rooms of ${LOGS} logs with ${bytes.toFixed(2)} GB of records in all; started ${context.quick ? 'once' : 'three times, the median'}, then left alone.`,
      rows: [
        { contestant: 'a blind peer that holds nothing', values: values(empty) },
        { contestant: `a blind peer that holds ${rooms} rooms`, values: values(full) },
      ],
      targets: [
        atMost('start to the ready line', full.start / 1_000, 5, 's'),
        atMost('the most memory', full.peak / 1e6, 300, 'MB'),
        atMost('CPU of a core, idle', full.cpu, 2, '%'),
      ],
      notes: [
        'The logs are real and signed; each is in several rooms, which is the same to an archive.',
      ],
    }
  },
}

async function measured(context: BenchContext, rooms: number): Promise<Figures> {
  const { directory, quick, say, own } = context
  const parent = join(directory, String(rooms))
  say(`${rooms} rooms are deposited`)
  await fill(join(parent, NAME), rooms)
  const start = async (): Promise<{ node: Daemon; took: number }> => {
    const from = monotonic()
    const node = await Daemon.start(parent, NAME, PORT, { neighbourhood: true, mirrorQuota: QUOTA })
    return { node: own(node), took: monotonic() - from }
  }
  const starts: number[] = []
  let { node, took } = await start()
  starts.push(took)
  while (!quick && starts.length < 3) {
    await node.close()
    ;({ node, took } = await start())
    starts.push(took)
  }
  const held = await node.api.get<HeldView>('/held')
  if (held.mirrors !== rooms) throw new Error(`it holds ${held.mirrors} rooms, not ${rooms}`)
  await pause(SETTLE_MS)
  const seconds = context.seconds ?? (quick ? 10 : SECONDS)
  say(`watching it for ${seconds} s`)
  const before = await usageOf(node.pid)
  await pause(seconds * 1_000)
  const after = await usageOf(node.pid)
  await node.close()
  const cpu = ((after.cpu - before.cpu) / seconds) * 100
  return { start: median(starts), rss: after.rss, peak: after.peakRss, cpu }
}

/** Deposits rooms in the data directory of a node that does not run. */
async function fill(dir: string, rooms: number): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  if (rooms === 0) return
  const logs = await SignedLogs.open()
  const archive = await Archive.open(join(dir, 'mirror'), { logger: silentLogger })
  const holder = await Holder.open({
    archive,
    quota: () => ({ total: QUOTA, reserve: 0.5, depositor: QUOTA, address: QUOTA }),
    clock: systemClock,
    logger: silentLogger,
    onchange: () => {},
  })
  try {
    const ranges: LogRange[] = []
    for (let n = 0; n < AUTHORS; n++) ranges.push(await written(logs, `author ${n}`))
    for (let n = 0; n < rooms; n++) {
      const key = hash([Buffer.from(`room ${n}`)])
      const who = Math.floor(n / ROOMS_OF_EACH)
      const depositor = hash([Buffer.from(`depositor ${who}`)])
      const address = `10.0.${who}.0/24`
      const { refused } = await holder.deposit({ key, depositor, address, paired: true })
      if (refused) throw new Error(`room ${n} was refused: ${refused}`)
      for (let i = 0; i < LOGS; i++) {
        await archive.get(mirrorId(key))!.store(ranges[(n * LOGS + i) % AUTHORS]!)
      }
    }
  } finally {
    await holder.close()
    await archive.close()
    await logs.close()
  }
}

/** A log with one signature, at its end. */
async function written(logs: SignedLogs, name: string): Promise<LogRange> {
  const log = await logs.author(name)
  const blocks = Array.from({ length: BLOCKS }, (_, seq) => blockOf(name, seq, BLOCK))
  await log.core.append(blocks)
  const signature = Buffer.from(log.core.core.state.signature!)
  return { key: log.key, manifest: log.manifest, from: 0, roots: [], blocks, signature }
}
