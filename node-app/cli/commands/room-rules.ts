import { InvalidArgumentError, Option, type Command } from 'commander'
import type { RoomSettings, RoomView, SettingsRequest } from '../../api/schemas.ts'
import { ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { formatDuration, parseDuration } from '../duration.ts'
import { examples } from '../examples.ts'
import { counted } from '../numbers.ts'
import type { Output } from '../output.ts'
import { roomPath } from '../paths.ts'
import { plain } from '../terminal-text.ts'

/** Milliseconds; commander takes null for no value at all. */
type Span = number | 'off'

interface RulesFlags {
  history?: 'all' | 'joined'
  rotate?: Span
  keep?: Span
  disappear?: Span
}

/** `porchlight room show | set` */
export function addRoomRules(room: Command, { client, out }: CommandContext): void {
  room
    .command('show')
    .argument('<room>', ROOM_HELP)
    .description('show one room and its rules')
    .addHelpText('after', examples(['porchlight room show harbour', '']))
    .action(async (reference: string) => {
      const node = await client()
      const view = await node.get<RoomView>(roomPath(reference))
      const settings = await node.get<RoomSettings>(roomPath(view.id, '/settings'))
      await out().result({ ...view, settings }, () => describe(view, settings, out()))
    })
  room
    .command('set')
    .argument('<room>', ROOM_HELP)
    .addOption(
      new Option('--history <what>', 'what those who join later may read').choices([
        'all',
        'joined',
      ]),
    )
    .option('--rotate <time|off>', 'a new key at least so often; 1h or more', spanOrOff)
    .option(
      '--keep <time|off>',
      'what is older than this can be read by nobody; needs --rotate',
      spanOrOff,
    )
    .option('--disappear <time|off>', 'the timer of messages sent from now on', spanOrOff)
    .description('change the rules of a room, as an admin')
    .addHelpText(
      'after',
      examples(
        ['porchlight room set harbour --history joined', 'newcomers read what comes, no more'],
        ['porchlight room set harbour --rotate 7d --keep 30d', 'old keys are deleted everywhere'],
        ['porchlight room set harbour --disappear off', ''],
      ),
    )
    .action(async (reference: string, flags: RulesFlags) => {
      const { history, rotate, keep, disappear } = flags
      const change: SettingsRequest = {
        ...(history === undefined ? {} : { history }),
        ...(rotate === undefined ? {} : { rotateEvery: toSetting(rotate) }),
        ...(keep === undefined ? {} : { keepFor: toSetting(keep) }),
        ...(disappear === undefined ? {} : { disappearAfter: toSetting(disappear) }),
      }
      if (Object.keys(change).length === 0) {
        throw new InvalidArgumentError(
          'Say what to change: --history, --rotate, --keep or --disappear.',
        )
      }
      const path = roomPath(reference, '/settings')
      const settings = await (await client()).patch<RoomSettings>(path, change)
      await out().result(settings, () => rules(settings))
    })
}

function spanOrOff(text: string): Span {
  return text === 'off' ? 'off' : parseDuration(text)
}

function toSetting(span: Span): number | null {
  return span === 'off' ? null : span
}

function describe(view: RoomView, settings: RoomSettings, out: Output): string {
  const { id, role, state, members, messages, missing } = view
  return [
    `${out.style('bold', plain(view.name) || '(not known yet)')}  ${id}`,
    `You are ${state === 'joined' ? `${role} here` : state}; ${counted(members, 'member')}; ${counted(messages, 'message')}${missing > 0 ? `, ${missing} on the way` : ''}`,
    rules(settings),
  ].join('\n')
}

function rules({ history, rotateEvery, keepFor, disappearAfter }: RoomSettings): string {
  const span = (ms: number | null): string => (ms === null ? 'off' : formatDuration(ms))
  return [
    `history    ${history === 'all' ? 'all: newcomers read what is kept' : 'joined: newcomers read what comes after them'}`,
    `rotate     ${span(rotateEvery)}`,
    `keep       ${span(keepFor)}`,
    `disappear  ${span(disappearAfter)}`,
  ].join('\n')
}
