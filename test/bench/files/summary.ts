import type { Row } from '../bench.ts'
import { median } from '../measure/statistics.ts'
import type { Outcome } from './race.ts'

/** What each contestant did in one place, its runs one after another. */
export type Outcomes = ReadonlyMap<string, readonly Outcome[]>

type Figure = (outcome: Outcome) => number | null

const COLUMNS: Readonly<Record<string, Figure>> = {
  s: ({ seconds }) => seconds,
  'MB/s': ({ seconds, job }) => job.bytes / 1e6 / seconds,
  'MB/s alone': ({ alone, job }) => (alone === null ? null : job.bytes / 1e6 / alone),
  'CPU s sender': ({ sender }) => sender.cpu,
  'CPU s receiver': ({ receiver }) => receiver.cpu,
  'MB sender': ({ sender }) => sender.peakRss / 1e6,
  'MB receiver': ({ receiver }) => receiver.peakRss / 1e6,
}

/** Medians of each contestant, job by job. */
export function rowsOf(place: string, outcomes: Outcomes): Row[] {
  const jobs = new Set([...outcomes.values()].flat().map(({ job }) => job.name))
  return [...jobs].flatMap((job) =>
    [...outcomes].map(([contestant, all]) => ({
      contestant: `${job}, ${place}: ${contestant}`,
      values: Object.fromEntries(
        Object.entries(COLUMNS).map(([column, figure]) => [column, middle(runs(all, job), figure)]),
      ),
    })),
  )
}

/** How many times as fast one is as another at a job: the median over the turns in which both did it. */
export function speedRatio(
  outcomes: Outcomes,
  [ours, theirs]: readonly [string, string],
  job: string,
  time: Figure,
): number | null {
  const [own, other] = [ours, theirs].map((name) => runs(outcomes.get(name) ?? [], job))
  const ratios = own!.flatMap((outcome, turn) => {
    const peer = other![turn]
    const [us, them] = [time(outcome), peer ? time(peer) : null]
    return us === null || them === null ? [] : [them / us]
  })
  return ratios.length === 0 ? null : median(ratios)
}

/** The most memory of a side in any run of a job; null when there was none. */
export function mostMemory(outcomes: readonly Outcome[], job: string): number | null {
  const peaks = runs(outcomes, job).flatMap(({ sender, receiver }) => [
    sender.peakRss,
    receiver.peakRss,
  ])
  return peaks.length === 0 ? null : Math.max(...peaks)
}

function runs(outcomes: readonly Outcome[], job: string): Outcome[] {
  return outcomes.filter((outcome) => outcome.job.name === job)
}

function middle(outcomes: readonly Outcome[], figure: Figure): number | null {
  const figures = outcomes.map(figure).filter((value) => value !== null)
  return figures.length === 0 ? null : median(figures)
}
