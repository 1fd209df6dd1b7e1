import type { MessageView } from '../api/schemas.ts'
import { formatDuration } from './duration.ts'
import { fileLine } from './file-words.ts'
import { formatPlace } from './place.ts'
import { plain, plainLines } from './terminal-text.ts'

/** What stands in place of content that is gone, or that can not be shown. */
const TOMBSTONES = {
  deleted: '(deleted by its author)',
  hidden: '(hidden by a moderator)',
  expired: '(disappeared: its time was up)',
  unknown: '(something that this version can not show: update Porchlight)',
} as const

/**
 * The lines of a message's content; `gone` when they are not its author's words. `room`: how a command shall name the
 * room that it is in.
 */
export function contentOf(
  message: MessageView,
  room: string,
): { lines: readonly string[]; gone: boolean } {
  if (message.kind !== 'text' && message.kind !== 'location' && message.kind !== 'file') {
    return { lines: [TOMBSTONES[message.kind]], gone: true }
  }
  const lines = message.text === '' ? [] : plainLines(message.text)
  if (message.file !== undefined) lines.push(fileLine(message.file, room))
  if (message.location !== undefined) lines.push(`@ ${formatPlace(message.location)}`)
  return { lines: lines.length === 0 ? [''] : lines, gone: false }
}

/** What is to be said of a message beside its content, each a few words. `now` in wall-clock ms. */
export function marksOf(message: MessageView, now: number): readonly string[] {
  const { kind, editedAt, pinned, expiresAt, own } = message
  const there = kind === 'text' || kind === 'location' || kind === 'file' || kind === 'unknown'
  return [
    ...(there && editedAt !== undefined ? ['[edited]'] : []),
    ...(pinned === true ? ['[pinned]'] : []),
    ...(there && expiresAt !== undefined ? [timerMark(expiresAt - now)] : []),
    ...(own ? [deliveryMark(message)] : []),
  ]
}

/** `👍 2  ❤ 1 (you)`; empty without reactions. */
export function reactionsOf({ reactions }: MessageView): string {
  return (reactions ?? [])
    .map(({ emoji, count, own }) => `${plain(emoji)} ${count}${own ? ' (you)' : ''}`)
    .join('  ')
}

function timerMark(left: number): string {
  return left <= 0 ? '[disappears now]' : `[disappears in ${formatDuration(left)}]`
}

function deliveryMark({ delivery: { state, devices } }: MessageView): string {
  if (state === 'saved') return '[saved here]'
  if (state === 'read') return `[read by ${devices}]`
  const on = devices === 1 ? '1 device' : `${devices} devices`
  return state === 'carried' ? `[carried by ${on}]` : `[delivered to ${on}]`
}
