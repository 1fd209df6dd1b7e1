import { InvalidArgumentError, Option, type Command } from 'commander'
import type { Invite, InviteRequest, InviteView, MemberView } from '../../api/schemas.ts'
import { ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { formatDuration, parseDuration } from '../duration.ts'
import { examples } from '../examples.ts'
import { wholeNumber } from '../numbers.ts'
import type { Output } from '../output.ts'
import { roomPath, segment } from '../paths.ts'
import { personLabel } from '../person-label.ts'
import { terminalQr } from '../qr.ts'

interface InviteFlags {
  role?: NonNullable<InviteRequest['role']>
  uses?: number
  expires?: number
  qr?: true
  list?: true
  revoke?: string
}

/** `porchlight invite`. Its options are no commands of their own, so that a room can have any name. */
export function addInvite(program: Command, context: CommandContext): void {
  program
    .command('invite')
    .argument('<room>', ROOM_HELP)
    .addOption(
      new Option('--role <role>', 'what they may do (default member)').choices([
        'member',
        'reader',
        'moderator',
      ]),
    )
    .option('--uses <n>', 'how many people it lets in', wholeNumber(1, 1_000_000))
    .option('--expires <time>', 'how long it is good, as in 90s, 24h or 7d', parseDuration)
    .option('--qr', 'show it as a QR code too')
    .addOption(new Option('--list', 'show the invites there are').conflicts(['revoke', 'qr']))
    .addOption(new Option('--revoke <id>', 'end an invite').conflicts('qr'))
    .description('make the link that lets others into a room; list and revoke those there are')
    .addHelpText(
      'after',
      examples(
        ['porchlight invite harbour', 'anyone who has the link may enter'],
        ['porchlight invite harbour --uses 1 --expires 24h', 'one person, until tomorrow'],
        ['porchlight invite harbour --role reader', 'they read along'],
        ['porchlight invite harbour --list', 'and how far each is used up'],
        ['porchlight invite harbour --revoke 9f2c', 'by the beginning of its id'],
      ),
    )
    .action(async (reference: string, flags: InviteFlags) => {
      if (flags.list === true || flags.revoke !== undefined) refuseOptionsOfMaking(flags)
      if (flags.list === true) return list(reference, context)
      if (flags.revoke !== undefined) return revoke(reference, flags.revoke, context)
      return make(reference, flags, context)
    })
}

function refuseOptionsOfMaking({ role, uses, expires }: InviteFlags): void {
  if (role === undefined && uses === undefined && expires === undefined) return
  throw new InvalidArgumentError('--role, --uses and --expires are for a new invite alone.')
}

async function make(
  reference: string,
  { role, uses, expires, qr }: InviteFlags,
  { client, out }: CommandContext,
): Promise<void> {
  const body: InviteRequest = {
    ...(role === undefined ? {} : { role }),
    ...(uses === undefined ? {} : { uses }),
    ...(expires === undefined ? {} : { expiresIn: expires }),
  }
  const made = await (await client()).post<Invite>(roomPath(reference, '/invites'), body)
  await out().result(made, () =>
    qr === true ? `${terminalQr(made.invite, out().colour)}\n${made.invite}` : made.invite,
  )
  if (out().terminal) {
    out().notice('Whoever has this link can enter: send it only to those you mean.')
  }
}

async function list(reference: string, { client, out }: CommandContext): Promise<void> {
  const node = await client()
  const invites = await node.get<InviteView[]>(roomPath(reference, '/invites'))
  const members = out().json ? [] : await node.get<MemberView[]>(roomPath(reference, '/members'))
  await out().result(invites, () => describe(invites, members, out()))
}

async function revoke(
  reference: string,
  invite: string,
  { client, out }: CommandContext,
): Promise<void> {
  const path = roomPath(reference, `/invites/${segment(invite, 'The invite’s id')}`)
  const view = await (await client()).delete<InviteView>(path)
  await out().result(view, () => `Ended ${view.id.slice(0, 12)}: it lets nobody in any more.`)
}

function describe(
  invites: readonly InviteView[],
  members: readonly MemberView[],
  out: Output,
): string {
  if (invites.length === 0) return 'There are no invites: `porchlight invite ROOM` makes one.'
  const now = Date.now()
  const rows = invites.map((invite) => {
    const maker = members.find((member) => member.id === invite.by)
    return [
      invite.id.slice(0, 12),
      invite.role,
      maker === undefined ? invite.by.slice(0, 12) : personLabel(maker.name, maker.id, maker),
      invite.uses === null ? String(invite.used) : `${invite.used} of ${invite.uses}`,
      invite.state,
      invite.expiresAt === null || invite.state !== 'open'
        ? '-'
        : formatDuration(invite.expiresAt - now),
    ]
  })
  return out.table(['INVITE', 'ROLE', 'BY', 'USED', 'STATE', 'ENDS IN'], rows)
}
