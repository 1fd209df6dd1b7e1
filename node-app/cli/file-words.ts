import type { FileCard, FilePolicy, FileStorage, FileView } from '../api/schemas.ts'
import { formatDuration } from './duration.ts'
import { counted } from './numbers.ts'
import { formatBytes } from './size.ts'
import { plain } from './terminal-text.ts'

/** As much of an id as is shown. */
export const SHOWN_ID = 12

const REASONS: Readonly<Record<NonNullable<FileView['reason']>, string>> = {
  'no-source': 'nobody in reach has it',
  'disk-full': 'the disk is full',
  quota: 'beyond the quota of files',
  'source-changed': 'its sender changed it',
  'source-gone': 'its sender has it no more',
  damaged: 'came damaged from everybody in reach',
  'lost-here': 'moved or deleted here',
  'not-stored': 'it can not be stored here',
}

/** `map.iso`, `maps/`. */
export function nameOf({ name, files }: Pick<FileCard, 'name' | 'files'>): string {
  return `${plain(name)}${files === undefined ? '' : '/'}`
}

/** `950 MB`, `12 files, 950 MB`. */
export function sizeOf({ size, files }: Pick<FileCard, 'size' | 'files'>): string {
  return `${files === undefined ? '' : `${counted(files, 'file')}, `}${formatBytes(size)}`
}

/** `complete`, `downloading 45 %`. */
export function stateOf({ state, have, size }: FileView): string {
  const part = state === 'complete' || have === 0 ? '' : ` ${percent(have, size)}`
  return `${state}${part}`
}

/** Why it stands still, in a few words; empty when it does not. */
export function reasonOf({ reason }: FileView): string {
  return reason === undefined ? '' : REASONS[reason]
}

/** What moves while a file comes: `45 %  430 MB of 950 MB  12.3 MB/s  43 s left`. */
export function progressOf(view: FileView): string {
  const { have, size, rate, secondsLeft, sources } = view
  return [
    `${nameOf(view)}  ${percent(have, size)}`,
    `${formatBytes(have)} of ${formatBytes(size)}`,
    ...(rate === undefined ? [] : [`${formatBytes(rate)}/s`]),
    ...(secondsLeft === undefined ? [] : [`${formatDuration(secondsLeft * 1000)} left`]),
    reasonOf(view) || `from ${counted(sources, 'device')}`,
  ].join('  ')
}

/** A file in a conversation, on one line. `room`: how the command to get it shall name the room. */
export function fileLine(file: FileCard, room: string): string {
  const about = `[${nameOf(file)}  ${sizeOf(file)}  ${file.state}]`
  const command = file.state === 'complete' ? 'show' : 'get'
  return `${about}  porchlight file ${command} ${room} ${file.id.slice(0, SHOWN_ID)}`
}

/** The rules of fetching and keeping. */
export function policyWords({ autoFetch, keepFor }: FilePolicy): string {
  const limit = (bytes: number): string => (bytes === 0 ? 'nothing' : `up to ${formatBytes(bytes)}`)
  return [
    'Fetched without being asked for:',
    `  local network  ${limit(autoFetch.lan)}`,
    `  internet       ${limit(autoFetch.dht)}`,
    `  Bluetooth      ${limit(autoFetch.ble)}`,
    `  other ways     ${limit(autoFetch.other)}`,
    `Kept  ${keepFor === null ? 'until you delete it' : formatDuration(keepFor)}`,
  ].join('\n')
}

/** What files take, and may. */
export function storageWords({ used, quota }: FileStorage): string {
  const most = quota === null ? 'there is no quota' : `at most ${formatBytes(quota)}`
  return `Received files take ${formatBytes(used)}; ${most}.`
}

function percent(have: number, size: number): string {
  // 100 % is what is complete, and nothing less.
  return `${size === 0 ? 0 : Math.min(99, Math.floor((have / size) * 100))} %`
}
