import { InvalidArgumentError, Option, type Command } from 'commander'
import { findMember } from '../../api/references.ts'
import type { MemberView, VerificationView, VerifyRequest } from '../../api/schemas.ts'
import { MEMBER_HELP, ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import type { Output } from '../output.ts'
import { roomPath } from '../paths.ts'
import { personLabel } from '../person-label.ts'
import { terminalQr } from '../qr.ts'

interface VerifyFlags {
  code?: string
  qr?: string
  confirmed?: true
  undo?: true
}

/** `porchlight verify` */
export function addVerify(program: Command, { client, out }: CommandContext): void {
  program
    .command('verify')
    .argument('<room>', ROOM_HELP)
    .argument('<member>', MEMBER_HELP)
    .addOption(
      new Option('--code <digits>', 'check the code that they show').conflicts([
        'qr',
        'confirmed',
        'undo',
      ]),
    )
    .addOption(
      new Option('--qr <text>', 'check what their QR code says').conflicts(['confirmed', 'undo']),
    )
    .addOption(
      new Option('--confirmed', 'you compared, and both codes are alike').conflicts('undo'),
    )
    .option('--undo', 'count them as not verified again')
    .description('compare codes in person, to know that nobody poses as a member')
    .addHelpText(
      'after',
      examples(
        ['porchlight verify harbour Bob', 'the code to compare, and a QR code'],
        ['porchlight verify harbour Bob --confirmed', 'once both saw the same code'],
        ['porchlight verify harbour Bob --code "12345 …"', 'or let Porchlight compare'],
      ),
    )
    .action(async (room: string, reference: string, flags: VerifyFlags) => {
      const proof = proofOf(flags)
      const node = await client()
      const members = await node.get<MemberView[]>(roomPath(room, '/members'))
      const member = findMember(reference, members)
      if (member.self) throw new InvalidArgumentError('This is you: verify somebody else.')
      const path = `/people/${member.id}/verification`
      const name = personLabel(member.name, member.id, member)
      if (flags.undo === true) {
        const view = await node.delete<VerificationView>(path)
        await out().result(view, () => `${name} counts as not verified.`)
      } else if (proof === undefined) {
        const view = await node.get<VerificationView>(path)
        await out().result(view, () => howTo(view, name, out()))
      } else {
        const view = await node.put<VerificationView>(path, proof)
        await out().result(view, () => out().style('green', `${name} is verified.`))
      }
    })
}

function proofOf({ code, qr, confirmed }: VerifyFlags): VerifyRequest | undefined {
  if (code !== undefined) return { code }
  if (qr !== undefined) return { qr }
  return confirmed === true ? { confirmed } : undefined
}

function howTo({ code, qr, verified }: VerificationView, name: string, out: Output): string {
  return [
    verified ? `${name} is verified.` : `${name} is not verified yet.`,
    '',
    `  ${out.style('bold', code)}`,
    '',
    ...(out.terminal ? [terminalQr(qr, out.colour), ''] : []),
    `Meet ${name}, or call where you know the voice, and compare: their Porchlight must show the same digits.`,
    'They are alike: run this again with --confirmed. They differ: somebody may be posing; write nothing secret here.',
  ].join('\n')
}
