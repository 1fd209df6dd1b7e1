import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchContext } from '../bench.ts'
import { diskUse } from '../measure/disk.ts'
import { chatDuring } from './chat.ts'
import type { Job } from './contestant.ts'
import { roomOf } from './file-node.ts'
import { porchlight, pairOf } from './porchlight.ts'
import { measure, told } from './race.ts'
import type { Outcome } from './race.ts'
import type { Side } from './side.ts'

/** Transfers between two nodes of which the first is also talked across. */
export interface TalkedAcross {
  readonly outcomes: readonly Outcome[]
  /** How long each message took that was written meanwhile, in milliseconds. */
  readonly delays: readonly number[]
  /** By how much the sender's data grew, in per cent of the first job's bytes. */
  readonly growth: number
}

/** Lets Porchlight do the jobs, both people writing to each other during the first. */
export async function talkedAcross(
  context: BenchContext,
  sides: readonly [Side, Side],
  [first, ...others]: readonly Job[],
): Promise<TalkedAcross> {
  const directory = join(context.directory, 'talked-across')
  await mkdir(directory)
  const [a, b] = await roomOf(sides, directory)
  const pair = context.own(pairOf([a!, b!], directory))
  const before = await diskUse(a!.data)
  const { result, delays } = await chatDuring(a!, b!, () => measure(pair, first!))
  const growth = ((await diskUse(a!.data)) - before) / first!.bytes
  const outcomes = [result]
  for (const job of others) outcomes.push(await measure(pair, job))
  for (const outcome of outcomes) context.say(told(porchlight.name, outcome))
  await pair.close()
  await rm(directory, { recursive: true })
  return { outcomes, delays, growth: growth * 100 }
}
