import type { MemberView, Status } from '../api/schemas.ts'
import type { CommandContext } from './context.ts'
import type { Output } from './output.ts'
import { roomPath } from './paths.ts'
import { personLabel } from './person-label.ts'

/** Prints who is in a room, and who is here now. */
export async function showMembers(room: string, { client, out }: CommandContext): Promise<void> {
  const node = await client()
  const members = await node.get<MemberView[]>(roomPath(room, '/members'))
  const { peers } = await node.get<Status>('/status')
  const linked = new Set(peers.map((peer) => peer.id))
  await out().result(members, () => describeMembers(members, linked, out()))
}

/** `linked`: the devices that this one is linked with now. */
function describeMembers(
  members: readonly MemberView[],
  linked: ReadonlySet<string>,
  out: Output,
): string {
  const rows = members.map((member) => {
    const near = member.self || member.devices.some((device) => linked.has(device.id))
    return [
      member.id.slice(0, 12),
      personLabel(member.name, member.id, member) + (member.self ? ' (you)' : ''),
      member.role,
      String(member.devices.length),
      near ? 'here' : '-',
      notesOn(member),
    ]
  })
  return out.table(['MEMBER', 'NAME', 'ROLE', 'DEVICES', 'NOW', 'NOTES'], rows)
}

function notesOn({ verified, muted, blocked, confusable }: MemberView): string {
  const notes = [
    ...(verified ? ['verified'] : []),
    ...(muted ? ['muted'] : []),
    ...(blocked ? ['blocked by you'] : []),
    ...(confusable ? ['another’s name looks the same'] : []),
  ]
  return notes.length === 0 ? '-' : notes.join(', ')
}
