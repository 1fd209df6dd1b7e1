import type {
  CarryReport,
  HeldView,
  MirrorView,
  NodeView,
  SharingSettings,
} from '../api/schemas.ts'
import { counted } from './numbers.ts'
import type { Output } from './output.ts'
import { formatBytes } from './size.ts'
import { plain } from './terminal-text.ts'
import { formatDay, formatMoment } from './when.ts'

const SHOWN_ID = 12

/** How long a list of problems that a person is shown may be. */
const SHOWN_PROBLEMS = 5

/** Blind peers of rooms; `rooms` gives the names of the ids. */
export function mirrorTable(
  mirrors: readonly MirrorView[],
  rooms: ReadonlyMap<string, string>,
  out: Output,
): string {
  if (mirrors.length === 0) {
    return 'No room is mirrored. `porchlight mirror nodes` shows who offers space, `porchlight mirror add ROOM NODE` asks one.'
  }
  const rows = mirrors.map((mirror) => [
    plain(rooms.get(mirror.room) ?? mirror.room.slice(0, SHOWN_ID)),
    mirror.node.slice(0, SHOWN_ID),
    plain(mirror.name) || '-',
    stateOf(mirror),
    mirror.bytes === null ? '-' : formatBytes(mirror.bytes),
    mirror.until === null ? '-' : formatDay(mirror.until),
    mirror.seen === null ? 'never' : formatMoment(mirror.seen),
  ])
  const head = ['ROOM', 'NODE', 'NAME', 'STATE', 'TAKES', 'KEPT UNTIL', 'LAST SEEN']
  const reasons = mirrors
    .flatMap(({ node, reason, files }) =>
      [reason, files?.reason].flatMap((words) => (words === undefined ? [] : { node, words })),
    )
    .map(({ node, words: reason }) =>
      out.style('yellow', `${node.slice(0, SHOWN_ID)}: ${plain(reason)}`),
    )
  return [out.table(head, rows), ...new Set(reasons)].join('\n')
}

/** One blind peer of a room, in a sentence. */
export function mirrorWords(mirror: MirrorView): string {
  const node = plain(mirror.name) || mirror.node.slice(0, SHOWN_ID)
  switch (mirror.state) {
    case 'stored':
      return `${node} holds all that this device has of the room, and can not read it.`
    case 'storing':
      return `${node} is being given the room: ${counted(mirror.behind, 'record')} to go. It can not read them.`
    case 'refused':
      return `${node} does not store the room. ${plain(mirror.reason ?? '')}`.trim()
    case 'away':
      return `${node} is not in reach. It is given the room as soon as a member’s device meets it.`
  }
}

/** Nodes that offer space. */
export function nodeTable(nodes: readonly NodeView[], out: Output): string {
  if (nodes.length === 0) {
    return 'No node that offers space is in reach. One is run with `porchlight start --neighbourhood`.'
  }
  const rows = nodes.map((node) => [
    node.id.slice(0, SHOWN_ID),
    plain(node.name) || '-',
    node.transport ?? 'away',
    formatBytes(node.free),
    node.paired ? 'yes' : '-',
    node.relays ? 'yes' : '-',
    node.rooms.length > 0 ? String(node.rooms.length) : '-',
  ])
  return out.table(['NODE', 'NAME', 'BY', 'FREE', 'PAIRED', 'RELAYS', 'ROOMS'], rows)
}

/** What a node holds for others. */
export function heldWords(held: HeldView): string {
  const { carried } = held
  const mirrored = held.mirrors - carried.mirrors
  return [
    `Mirrors   ${counted(mirrored, 'room')} of ${counted(held.depositors, 'depositor')}, ${formatBytes(held.bytes - carried.bytes)}`,
    `Carries   ${counted(carried.mirrors, 'room')} of strangers, ${formatBytes(carried.bytes)}`,
    'None of it can be read here.',
  ].join('\n')
}

/** What a node does for others. */
export function sharingWords(sharing: SharingSettings): string {
  const { neighbourhood, quota, carry, carryQuota, relay } = sharing
  return [
    `Offers space   ${neighbourhood ? `yes, up to ${formatBytes(quota)}` : 'no'}`,
    `Carries        ${carry ? `yes, up to ${formatBytes(carryQuota)}` : 'no'}`,
    `Passes on      ${relay ? 'yes' : 'no'}`,
  ].join('\n')
}

/** What an exchange with a directory did. */
export function carryWords(report: CarryReport): string {
  const { rooms, mirrors, read, written, problems } = report
  const others = mirrors > 0 ? ` and ${counted(mirrors, 'mirror')} of others` : ''
  const more = problems.length - SHOWN_PROBLEMS
  return [
    `Exchanged ${counted(rooms, 'room')}${others} with ${plain(report.dir)}.`,
    `  from it  ${moved(read)}`,
    `  to it    ${moved(written)}`,
    ...problems.slice(0, SHOWN_PROBLEMS).map((problem) => `  not done: ${plain(problem)}`),
    ...(more > 0 ? [`  and ${more} more; --json lists them`] : []),
    problems.length > 0
      ? 'The rest is written: it can be taken out now.'
      : 'All of it is written: it can be taken out now.',
  ].join('\n')
}

function moved({ records, files, bytes }: CarryReport['read']): string {
  if (records + files === 0) return 'nothing new'
  const some = [records > 0 && counted(records, 'record'), files > 0 && counted(files, 'file')]
  return `${some.filter(Boolean).join(' and ')}, ${formatBytes(bytes)}`
}

function stateOf({ state, behind, files }: MirrorView): string {
  if (behind > 0 && state !== 'refused') return `${state} (${behind} behind)`
  // Messages come first: all of them may be there, and files still be on their way.
  const lacks = files !== undefined && files.kept < files.named
  return lacks ? `${state} (${files.kept} of ${files.named} files)` : state
}
