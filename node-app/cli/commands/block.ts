import type { Command } from 'commander'
import { findPerson } from '../../api/references.ts'
import type { MemberView, PersonReference } from '../../api/schemas.ts'
import { MEMBER_HELP, ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { roomPath } from '../paths.ts'
import { plain } from '../terminal-text.ts'

/** `porchlight block | unblock` */
export function addBlock(program: Command, { client, out }: CommandContext): void {
  for (const [name, on, help, words] of [
    [
      'block',
      true,
      'show nothing of a person on your devices, in any room; they are not told',
      'is blocked on your devices.',
    ],
    ['unblock', false, 'show a blocked person again', 'is shown again.'],
  ] as const) {
    program
      .command(name)
      .argument('<room>', ROOM_HELP)
      .argument('<member>', `${MEMBER_HELP}; of one who is gone the whole id`)
      .description(help)
      .addHelpText('after', examples([`porchlight ${name} harbour Mallory`, '']))
      .action(async (room: string, reference: string) => {
        const node = await client()
        const members = await node.get<MemberView[]>(roomPath(room, '/members'))
        const { id } = findPerson(reference, members)
        const path = `/people/${id}/block`
        const person = await (on
          ? node.put<PersonReference>(path)
          : node.delete<PersonReference>(path))
        const shown = `${plain(person.name)} (${person.id.slice(0, 12)})`.trimStart()
        await out().result({ ...person, blocked: on }, () => `${shown} ${words}`)
      })
  }
}
