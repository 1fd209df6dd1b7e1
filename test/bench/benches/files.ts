/** A large file and many small ones from one device to another, beside programs that do the same. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { labUnavailable } from '../../lab/needs.ts'
import { LabNetwork } from '../../lab/netns.ts'
import type { Bench, BenchContext, Target } from '../bench.ts'
import type { FileContestant, Job } from '../files/contestant.ts'
import { hyperdrive } from '../files/hyperdrive.ts'
import { interrupted } from '../files/interrupted.ts'
import type { Interrupted } from '../files/interrupted.ts'
import { porchlight } from '../files/porchlight.ts'
import { talkedAcross } from '../files/porchlight-runs.ts'
import type { TalkedAcross } from '../files/porchlight-runs.ts'
import { race } from '../files/race.ts'
import type { Outcome } from '../files/race.ts'
import { rsyncDaemon } from '../files/rsync.ts'
import { contentHash, writeLargeFile, writeSmallFiles } from '../files/sample-data.ts'
import { fromSeveral } from '../files/several-sources.ts'
import { line, LoopbackSide, MBIT } from '../files/side.ts'
import { bareNoise, plainTcp } from '../files/streams.ts'
import { mostMemory, rowsOf, speedRatio } from '../files/summary.ts'
import type { Outcomes } from '../files/summary.ts'
import { syncthing } from '../files/syncthing.ts'
import { percentile } from '../measure/statistics.ts'
import { atLeast, atMost } from '../targets.ts'

const MIB = 1024 * 1024
/** Of the slow line. */
const LINE = 100
/** Bytes a second of each of three sources. */
const SOURCE_RATE = 10e6
/** The large ones are beyond what is fetched without being asked for. */
const SIZES = {
  full: { large: 1024 * MIB, small: 2_000, shared: 512 * MIB, huge: 10_240 * MIB, rounds: 3 },
  quick: { large: 112 * MIB, small: 100, shared: 112 * MIB, huge: 256 * MIB, rounds: 1 },
}

const PEERS: readonly FileContestant[] = [syncthing, rsyncDaemon, plainTcp, bareNoise, hyperdrive]

interface Measured {
  readonly local: Outcomes
  readonly lines: Outcomes
  readonly localTalk: TalkedAcross
  readonly lineTalk: TalkedAcross
  readonly several: number
  readonly huge: Interrupted
}

export const files: Bench = {
  name: 'files',
  says: 'a file of 1 GiB and 2,000 small ones, beside Syncthing, rsync, TCP, a bare Noise stream and hyperdrive',
  unavailable: () => labUnavailable(['iproute2', 'syncthing', 'rsync']),
  async run(context) {
    const sizes = context.quick ? SIZES.quick : SIZES.full
    const jobs = await prepare(context, sizes.large, sizes.small)
    const local = await onLoopback(context, jobs, sizes.rounds)
    context.say('chatting meanwhile')
    const localTalk = await talkedAcross(context, loopback(context), jobs.slice(0, 1))
    context.say(`on lines of ${LINE} Mbit/s`)
    const shared = await prepareShared(context, sizes.shared)
    const { lines, lineTalk } = await onLines(context, jobs, shared)
    context.say('from three sources')
    const several = await fromSeveral(context, shared, SOURCE_RATE)
    await rm(join(context.directory, 'source'), { recursive: true })
    context.say('a huge file')
    const huge = await interrupted(context, sizes.huge)
    const { large, small, rounds } = sizes
    return {
      work: `"large": a file of ${large / MIB} MiB of random bytes; "small": a folder of ${small} files of 1 to 64 kB. From the order to send to everything being there, compared by hash; "alone": from the receiver's order to the same. On loopback ${rounds} turns each (medians); on lines of ${LINE} Mbit/s (tc tbf) between network namespaces Porchlight alone, then the others at once, each on a line of its own. Chat: both people write every 50 ms during another transfer. A single file is synced to the disk by all but hyperdrive.`,
      rows: [...rowsOf('loopback', local), ...rowsOf(`${LINE} Mbit/s`, lines)],
      targets: targetsOf({ local, lines, localTalk, lineTalk, several, huge }),
      notes: [
        "Syncthing transfers while it still scans, so it has no figure of the transfer alone; hyperdrive's ends when its store has the file.",
        'Memory is resident: some 45 MB of it are Node.js itself, for all but Syncthing and rsync.',
        `The huge file: ${sizes.huge / MIB} MiB, ${huge.seconds.toFixed(0)} s with the kill and the start in the middle.`,
      ],
    }
  },
}

async function prepare(
  { directory, say }: BenchContext,
  size: number,
  count: number,
): Promise<Job[]> {
  say('preparing the files')
  const source = join(directory, 'source')
  await mkdir(source)
  const large = join(source, 'large.bin')
  const small = join(source, 'small files')
  await writeLargeFile(large, size, 'large')
  const bytes = await writeSmallFiles(small, count, 'small')
  return [
    { name: 'large', source: large, bytes: size, files: null, hash: await contentHash(large) },
    { name: 'small', source: small, bytes, files: count, hash: await contentHash(small) },
  ]
}

async function prepareShared({ directory }: BenchContext, bytes: number): Promise<Job> {
  const source = join(directory, 'source', 'shared.bin')
  await writeLargeFile(source, bytes, 'shared')
  return { name: 'shared', source, bytes, files: null, hash: await contentHash(source) }
}

function loopback({ own }: BenchContext): readonly [LoopbackSide, LoopbackSide] {
  return [own(new LoopbackSide('a')), own(new LoopbackSide('b'))]
}

/** In turns, so that what else the computer does hits all alike. */
async function onLoopback(
  context: BenchContext,
  jobs: readonly Job[],
  rounds: number,
): Promise<Outcomes> {
  const sides = loopback(context)
  const contestants = [porchlight, ...PEERS]
  const outcomes = new Map<string, Outcome[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) {
      outcomes.get(contestant.name)!.push(...(await race(context, contestant, sides, jobs)))
    }
  }
  return outcomes
}

/** Porchlight first; the others at once, as the line of each is what limits it. */
async function onLines(
  context: BenchContext,
  jobs: readonly Job[],
  talked: Job,
): Promise<{ lines: Outcomes; lineTalk: TalkedAcross }> {
  const network = new LabNetwork()
  context.own({ close: () => network.remove() })
  const own = await race(context, porchlight, await line(network, 'own', LINE), jobs)
  context.say('chatting meanwhile')
  const lineTalk = await talkedAcross(context, await line(network, 'talk', LINE), [talked])
  const others = await Promise.all(
    PEERS.map(async (peer, i) => {
      const sides = await line(network, `peer${i}`, LINE)
      return [peer.name, await race(context, peer, sides, jobs)] as const
    }),
  )
  await network.remove()
  return { lines: new Map([[porchlight.name, own], ...others]), lineTalk }
}

function targetsOf({ local, lines, localTalk, lineTalk, several, huge }: Measured): Target[] {
  const beside = (peer: FileContestant, time: (outcome: Outcome) => number | null): number | null =>
    speedRatio(local, [porchlight.name, peer.name], 'large', time)
  const own = local.get(porchlight.name)!
  const onLine = lines.get(porchlight.name)!.find(({ job }) => job.name === 'large')!
  const share = (onLine.job.bytes / onLine.alone! / (LINE * MBIT)) * 100
  const memory = mostMemory(own, 'large')
  const p99 = (delays: readonly number[]): number => percentile(delays, 0.99)
  const alone = ({ alone: seconds }: Outcome): number | null => seconds
  return [
    atLeast(
      'large, loopback, beside Syncthing',
      beside(syncthing, ({ seconds }) => seconds),
      1.3,
      '×',
    ),
    atLeast('the transfer alone, beside the bare Noise stream', beside(bareNoise, alone), 0.5, '×'),
    atLeast('the transfer alone, beside hyperdrive', beside(hyperdrive, alone), 2.5, '×'),
    atMost('memory of a side, the higher', memory === null ? null : memory / 1e6, 130, 'MB'),
    atLeast(`of a line of ${LINE} Mbit/s, headers included in the line`, share, 95, '%'),
    atLeast('from three sources of 10 MB/s each', several, 27, 'MB/s'),
    atMost('a chat message meanwhile, loopback, p99', p99(localTalk.delays), 100, 'ms'),
    atMost(`a chat message meanwhile, ${LINE} Mbit/s, p99`, p99(lineTalk.delays), 100, 'ms'),
    atMost(
      'memory for a file ten times as large',
      memory === null ? null : huge.peak / memory,
      1.1,
      '×',
    ),
    atMost('bytes twice after kill -9 of the receiver, headers included', huge.twice, 2, '%'),
    atMost("growth of the sender's disk", localTalk.growth, 1, '%'),
  ]
}
