import type { FileView } from '../api/views.ts'
import { bytes, count } from './words.ts'

type Progress = Pick<FileView, 'state' | 'have' | 'size' | 'sources' | 'own'> &
  Partial<Pick<FileView, 'reason' | 'words' | 'rate' | 'secondsLeft'>>

/** How much of it is here, in whole percent; 100 is said of what is complete alone. */
export function percent(have: number, size: number): number {
  if (size <= 0) return 0
  return Math.max(0, Math.min(99, Math.floor((have / size) * 100)))
}

/** How a file stands, in a line. */
export function fileWords(file: Progress): string {
  const { state, have, size, sources } = file
  switch (state) {
    case 'remote':
      if (sources === 0) return 'Not here. Nobody in reach has it now.'
      return `Not here yet. ${count(sources, 'device')} in reach ${sources === 1 ? 'has' : 'have'} it.`
    case 'downloading':
      return isWaiting(file) ? waitingWords(have, size) : movingWords(file)
    case 'paused':
      return `Paused. ${bytes(have)} of ${bytes(size)} are here.`
    case 'failed':
      return file.words ?? 'It cannot go on. What is here is kept: try again later.'
    case 'complete':
      return completeWords(file)
  }
}

function completeWords({ own, sources }: Progress): string {
  const here = own ? 'You sent it.' : 'All of it is here.'
  if (sources === 0) return here
  return `${here} ${count(sources, 'device')} in reach ${sources === 1 ? 'has' : 'have'} it too.`
}

/** True while nobody in reach has what is missing. */
export function isWaiting({ state, sources, reason }: Progress): boolean {
  return state === 'downloading' && (reason === 'no-source' || sources === 0)
}

function waitingWords(have: number, size: number): string {
  const waits = 'Waits for somebody in reach who has it.'
  return have > 0 ? `${bytes(have)} of ${bytes(size)} are here. ${waits}` : waits
}

function movingWords({ have, size, rate, secondsLeft }: Progress): string {
  return [
    `${bytes(have)} of ${bytes(size)}`,
    rate === undefined || rate <= 0 ? '' : `${bytes(rate)}/s`,
    secondsLeft === undefined ? '' : leftWords(secondsLeft),
  ]
    .filter((words) => words !== '')
    .join(', ')
}

/** “a few seconds left”, “4 min left”. */
export function leftWords(seconds: number): string {
  if (!(seconds >= 5)) return 'a few seconds left'
  if (seconds < 90) return `${Math.round(seconds)} s left`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min left`
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h left`
  return 'more than two days left'
}

/** One line on what was chosen to be sent. */
export function chosenWords(sizes: readonly number[]): string {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return `${count(sizes.length, 'file')}, ${bytes(total)}`
}
