import { Argument, type Command } from 'commander'
import type { PersonReference } from '../../api/schemas.ts'
import { MEMBER_HELP, ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { memberPath } from '../paths.ts'
import { showMembers } from '../show-members.ts'
import { plain } from '../terminal-text.ts'

const ROLES = ['admin', 'moderator', 'member', 'reader']

/** `porchlight member list | role | remove | mute | unmute | ban | unban` */
export function addMember(program: Command, context: CommandContext): void {
  const { client, out } = context
  const member = program
    .command('member')
    .description('see who is in a room; as a moderator or admin, say what they may do')
    .addHelpText(
      'after',
      examples(
        ['porchlight member list harbour', 'roles, devices, who is verified'],
        ['porchlight member role harbour Bob moderator', ''],
        ['porchlight member remove harbour Bob', 'out, with all devices; the key changes'],
        ['porchlight member ban harbour 3fa2', 'and no invite lets them in again'],
      ),
    )
  member
    .command('list')
    .argument('<room>', ROOM_HELP)
    .description('list who is in a room, and who is here now')
    .action((room: string) => showMembers(room, context))
  member
    .command('role')
    .argument('<room>', ROOM_HELP)
    .argument('<member>', MEMBER_HELP)
    .addArgument(new Argument('<role>', 'what they may do').choices(ROLES))
    .description('give a member a role')
    .action(async (room: string, who: string, role: string) => {
      const path = memberPath(room, who, '/role')
      const person = await (await client()).put<PersonReference>(path, { role })
      await out().result({ ...person, role }, () => `${nameOf(person)} is ${role} now.`)
    })
  member
    .command('remove')
    .argument('<room>', ROOM_HELP)
    .argument('<member>', MEMBER_HELP)
    .description('remove a member with all of their devices; what they wrote stays')
    .action(async (room: string, who: string) => {
      const person = await (await client()).delete<PersonReference>(memberPath(room, who))
      await out().result(person, () => `${nameOf(person)} was removed; the room has a new key.`)
    })
  for (const [name, path, on, help, words] of [
    ['mute', '/mute', true, 'show nothing that a member writes from now on', 'is muted'],
    ['unmute', '/mute', false, 'let a muted member be heard again', 'can be heard again'],
    ['ban', '/ban', true, 'remove a person for good: no invite lets them in again', 'is banned'],
    ['unban', '/ban', false, 'let a banned person in again; they need an invite', 'may come again'],
  ] as const) {
    member
      .command(name)
      .argument('<room>', ROOM_HELP)
      .argument('<member>', on ? MEMBER_HELP : `${MEMBER_HELP}; of one who is gone the whole id`)
      .description(help)
      .action(async (room: string, who: string) => {
        const person = await (
          await client()
        ).put<PersonReference>(memberPath(room, who, path), { on })
        await out().result(person, () => `${nameOf(person)} ${words}.`)
      })
  }
}

function nameOf({ id, name }: PersonReference): string {
  return `${plain(name)} (${id.slice(0, 12)})`.trimStart()
}
