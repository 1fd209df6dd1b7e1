import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchContext } from '../bench.ts'
import { TooSlow } from '../measure/participant.ts'
import { TreeMeter } from '../measure/process-tree.ts'
import type { Usage } from '../measure/usage.ts'
import type { FileContestant, FilePair, Job, Transfer } from './contestant.ts'
import { contentHash } from './sample-data.ts'
import type { Side } from './side.ts'

/** A transfer that arrived whole, and what it took. */
export interface Outcome extends Transfer {
  readonly job: Job
  readonly sender: Usage
  readonly receiver: Usage
}

/** Starts a contestant, lets it do each job once as long as it finishes them, and ends it. */
export async function race(
  context: BenchContext,
  contestant: FileContestant,
  [from, to]: readonly [Side, Side],
  jobs: readonly Job[],
): Promise<Outcome[]> {
  const directory = join(context.directory, `run-${contestant.name.replaceAll(/\W+/g, '-')}`)
  await mkdir(directory)
  const pair = context.own(await contestant.open(from, to, directory))
  try {
    const outcomes: Outcome[] = []
    for (const job of jobs) {
      const outcome = await measure(pair, job).catch(stalled)
      if (outcome === null) {
        context.say(`${job.name}: ${contestant.name} stalled`)
        break
      }
      outcomes.push(outcome)
      context.say(told(contestant.name, outcome))
    }
    return outcomes
  } finally {
    await pair.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** For the person who waits. */
export function told(name: string, { job, seconds }: Outcome): string {
  return `${job.name}: ${name}, ${seconds.toFixed(2)} s, ${(job.bytes / 1e6 / seconds).toFixed(0)} MB/s`
}

/** A contestant that does not end is told of by its absence; anything else is wrong. */
function stalled(error: unknown): null {
  if (error instanceof TooSlow) return null
  throw error
}

/** One transfer, and what it took. Errors: TooSlow; and when what arrived is not what was sent. */
export async function measure(pair: FilePair, job: Job): Promise<Outcome> {
  const meters = [new TreeMeter(pair.sender), new TreeMeter(pair.receiver)]
  await Promise.all(meters.map((meter) => meter.start()))
  try {
    const transfer = await pair.transfer(job)
    const [sender, receiver] = await Promise.all(meters.map((meter) => meter.stop()))
    if ((await contentHash(transfer.path)) !== job.hash) {
      throw new Error(`${job.name}: what arrived is not what was sent`)
    }
    await rm(transfer.path, { recursive: true })
    return { ...transfer, job, sender: sender!, receiver: receiver! }
  } finally {
    await Promise.all(meters.map((meter) => meter.stop()))
  }
}
