/** A large file and many small ones from one device to another, beside programs that do the same. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { labUnavailable } from '../../lab/needs.ts'
import { LabNetwork } from '../../lab/netns.ts'
import type { Bench, BenchContext, Row } from '../bench.ts'
import type { FileContestant, Job } from '../files/contestant.ts'
import { hyperdrive } from '../files/hyperdrive.ts'
import { porchlight } from '../files/porchlight.ts'
import { race } from '../files/race.ts'
import type { Outcome } from '../files/race.ts'
import { rsyncDaemon } from '../files/rsync.ts'
import { contentHash, writeLargeFile, writeSmallFiles } from '../files/sample-data.ts'
import { line, LoopbackSide } from '../files/side.ts'
import { bareNoise, plainTcp } from '../files/streams.ts'
import { syncthing } from '../files/syncthing.ts'
import { median } from '../measure/statistics.ts'

const MIB = 1024 * 1024
const MBIT = 100
const SIZES = {
  full: { large: 1024 * MIB, small: 2_000, rounds: 3 },
  quick: { large: 32 * MIB, small: 100, rounds: 1 },
}

const PEERS: readonly FileContestant[] = [porchlight, syncthing, rsyncDaemon, plainTcp, bareNoise, hyperdrive]

export const files: Bench = {
  name: 'files',
  says: 'a file of 1 GiB and 2,000 small ones, beside Syncthing, rsync, TCP, a bare Noise stream and hyperdrive',
  unavailable: () => labUnavailable(['iproute2', 'syncthing', 'rsync']),
  async run(context) {
    const { large, small, rounds } = context.quick ? SIZES.quick : SIZES.full
    const jobs = await prepare(context, large, small)
    const local = await onLoopback(context, jobs, rounds)
    const lines = await onLines(context, jobs)
    return {
      work: `A file of ${large / MIB} MiB of random bytes, and a folder of ${small} files of 1 to 64 kB.`,
      rows: [...rowsOf('loopback', local), ...rowsOf(`${MBIT} Mbit/s`, lines)],
      targets: [],
      notes: [],
    }
  },
}

/** What each contestant did, the runs of one job side by side. */
type Outcomes = ReadonlyMap<string, readonly Outcome[]>

async function prepare(
  { directory, say }: BenchContext,
  large: number,
  small: number,
): Promise<Job[]> {
  say('preparing the files')
  const source = join(directory, 'source')
  await mkdir(source)
  const one = join(source, 'large.bin')
  const many = join(source, 'small files')
  await writeLargeFile(one, large, 'large')
  const bytes = await writeSmallFiles(many, small, 'small')
  return [
    { name: 'large', source: one, bytes: large, files: null, hash: await contentHash(one) },
    { name: 'small', source: many, bytes, files: small, hash: await contentHash(many) },
  ]
}

/** In turns, so that what else the computer does hits all alike. */
async function onLoopback(
  context: BenchContext,
  jobs: readonly Job[],
  rounds: number,
): Promise<Outcomes> {
  const [from, to] = [new LoopbackSide('a'), new LoopbackSide('b')]
  context.own(from)
  context.own(to)
  const outcomes = new Map<string, Outcome[]>(PEERS.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const peer of PEERS) {
      outcomes.get(peer.name)!.push(...(await race(context, peer, [from, to], jobs)))
    }
  }
  return outcomes
}

/** At once, each on a line of its own, which is what limits them. */
async function onLines(context: BenchContext, jobs: readonly Job[]): Promise<Outcomes> {
  const network = new LabNetwork()
  context.own({ close: () => network.remove() })
  const outcomes = await Promise.all(
    PEERS.map(async (peer, i) => {
      const sides = await line(network, `peer${i}`, MBIT)
      return [peer.name, await race(context, peer, sides, jobs)] as const
    }),
  )
  return new Map(outcomes)
}

function rowsOf(place: string, outcomes: Outcomes): Row[] {
  return ['large', 'small'].flatMap((name) =>
    [...outcomes].map(([contestant, all]) => {
      const runs = all.filter(({ job }) => job.name === name)
      const of = (figure: (outcome: Outcome) => number | null): number | null => {
        const figures = runs.map(figure).filter((value) => value !== null)
        return figures.length === 0 ? null : median(figures)
      }
      return {
        contestant: `${place}, ${name}: ${contestant}`,
        values: {
          s: of(({ seconds }) => seconds),
          'MB/s': of(({ seconds, job }) => job.bytes / 1e6 / seconds),
          'MB/s alone': of(({ alone, job }) => (alone === null ? null : job.bytes / 1e6 / alone)),
          'CPU s sender': of(({ sender }) => sender.cpu),
          'CPU s receiver': of(({ receiver }) => receiver.cpu),
          'MB sender': of(({ sender }) => sender.peakRss / 1e6),
          'MB receiver': of(({ receiver }) => receiver.peakRss / 1e6),
        },
      }
    }),
  )
}
