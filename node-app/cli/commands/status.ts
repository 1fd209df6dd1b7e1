import type { Command } from 'commander'
import type { Status, WarningView } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { formatDuration } from '../duration.ts'
import { examples } from '../examples.ts'
import { formatBytes } from '../size.ts'
import type { Output } from '../output.ts'
import { plain } from '../terminal-text.ts'
import { transportTable } from './transport.ts'
import { warningNotice } from './warnings.ts'

/** `porchlight status` */
export function addStatus(program: Command, { client, out }: CommandContext): void {
  program
    .command('status')
    .description('show the node at a glance: transports, peers, rooms, storage')
    .addHelpText(
      'after',
      examples(
        ['porchlight status', 'for people'],
        ['porchlight status --json', 'for programs: one JSON document'],
      ),
    )
    .action(async () => {
      const node = await client()
      const status = await node.get<Status>('/status')
      await out().result(status, () => describe(status, node.url, out()))
      if (out().json) return
      const warnings = await node.get<WarningView[]>('/warnings')
      if (warnings.length > 0) {
        await out().line(`\n${out().style('red', warningNotice(warnings.length))}`)
      }
    })
}

function describe(status: Status, url: string, out: Output): string {
  if (status.locked) {
    return [
      `${out.style('bold', 'Locked.')} Nothing is sent or received until \`porchlight unlock\`.`,
      `Running for ${formatDuration(status.uptime)} at ${url} (process ${status.pid})`,
    ].join('\n')
  }
  const transports = Object.entries(status.transports).map(([id, view]) => ({ id, ...view }))
  const now = Date.now()
  const peers = status.peers.map((peer) => [
    peer.id.slice(0, 12),
    plain(peer.name ?? '?'),
    peer.transport,
    String(peer.rooms.length),
    formatDuration(now - peer.since),
  ])
  const { used, free, quota } = status.storage
  const limit = quota === null ? '' : ` (files at most ${formatBytes(quota)})`
  return [
    `${out.style('bold', plain(status.name))}  device ${status.device.slice(0, 12)}  Porchlight ${status.version}`,
    `Running for ${formatDuration(status.uptime)} at ${url} (process ${status.pid})`,
    `${status.rooms} ${status.rooms === 1 ? 'room' : 'rooms'}; ${formatBytes(used)} stored${limit}, ${formatBytes(free)} free`,
    status.sealed
      ? 'A passphrase guards the keys.'
      : 'No passphrase: whoever gets this disk can read it (`porchlight passphrase set`).',
    '',
    transportTable(transports, out),
    '',
    peers.length === 0
      ? 'Nobody is linked with this device right now.'
      : out.table(['PEER', 'NAME', 'BY', 'ROOMS', 'SINCE'], peers),
  ].join('\n')
}
