import type { Command } from 'commander'
import type { Status } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { SecretReader } from '../secret.ts'

/** `porchlight lock | unlock`, and `porchlight passphrase set | remove` */
export function addLock(program: Command, context: CommandContext): void {
  const { io, client, out } = context
  program
    .command('lock')
    .description('lock the node: its keys leave the memory until you give the passphrase')
    .addHelpText(
      'after',
      [
        examples(['porchlight lock', 'asks for a passphrase to be, when there is none yet']),
        '',
        'A locked node neither sends nor receives. "autoLock" in config.json locks it by itself.',
      ].join('\n'),
    )
    .action(async () => {
      const node = await client()
      const { locked, sealed } = await node.get<Status>('/status')
      const chosen = sealed ? {} : { passphrase: await new SecretReader(io).newPassphrase() }
      await node.post('/lock', chosen)
      await out().result({ locked: true }, () =>
        locked ? 'It is locked already.' : 'Locked. `porchlight unlock` opens it again.',
      )
    })
  program
    .command('unlock')
    .description('unlock the node with the passphrase')
    .addHelpText(
      'after',
      examples(
        ['porchlight unlock', 'asks for the passphrase; it is not shown'],
        ['porchlight unlock < file', 'its first line is the passphrase'],
      ),
    )
    .action(async () => {
      const node = await client()
      const { locked } = await node.get<Status>('/status')
      if (locked)
        await node.post('/unlock', { passphrase: await new SecretReader(io).passphrase() })
      await out().result({ locked: false }, () => (locked ? 'Unlocked.' : 'It is not locked.'))
    })
  addPassphrase(program, context)
}

function addPassphrase(program: Command, { io, client, out }: CommandContext): void {
  const passphrase = program
    .command('passphrase')
    .description('guard the keys on this disk with a passphrase, or not')
    .addHelpText(
      'after',
      [
        examples(
          ['porchlight passphrase set', 'choose one, or change it'],
          ['porchlight passphrase remove', 'the key file is only kept from other users then'],
        ),
        '',
        'Without a terminal the lines of standard input are asked for in turn: the passphrase in force',
        '(or PORCHLIGHT_PASSPHRASE), then the new one. Nobody can help you if you forget it.',
      ].join('\n'),
    )
  passphrase
    .command('set')
    .description('choose a passphrase, or change it')
    .action(async () => {
      const node = await client()
      const { sealed } = await node.get<Status>('/status')
      const secrets = new SecretReader(io)
      const current = sealed ? await secrets.passphrase() : null
      await node.put('/passphrase', { current, next: await secrets.newPassphrase() })
      await out().result({ sealed: true }, () =>
        sealed
          ? 'The passphrase was changed.'
          : 'From now on a start asks for the passphrase. `porchlight lock` locks it now.',
      )
    })
  passphrase
    .command('remove')
    .description('need no passphrase any more')
    .action(async () => {
      const node = await client()
      const { sealed } = await node.get<Status>('/status')
      if (sealed) {
        const current = await new SecretReader(io).passphrase()
        await node.put('/passphrase', { current, next: null })
      }
      await out().result({ sealed: false }, () =>
        sealed
          ? 'There is no passphrase any more: whoever gets this disk can read it.'
          : 'There is no passphrase.',
      )
    })
}
