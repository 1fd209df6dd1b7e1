import type { SharedRoom } from '../../files/swarm/file-link.ts'
import type { SharedMirror } from '../exchange/shared-mirror.ts'
import type { Kind } from '../policy/roles.ts'

/** They carry records alone. */
const CARRIERS: ReadonlySet<Kind> = new Set(['carried', 'regular'])

/** Names a mirror (hex id) where the exchange of files names a room: no room is named so. */
export function mirrorRoom(id: string): string {
  return `mirror:${id}`
}

/** The mirror (hex id) that is named so; null for a room. */
export function mirrorOf(roomId: string): string | null {
  return roomId.startsWith('mirror:') ? roomId.slice('mirror:'.length) : null
}

/** Who is at the other end of a link. */
export interface Peer {
  readonly node: { readonly key: Buffer } | null
  /** Of this connection. */
  readonly key: Buffer
}

/**
 * A mirror in common, as the exchange of files sees it; null where no files pass. A room's device exchanges them with
 * nodes that the room names. A holder asks depositors and other nodes that hold the mirror; who only knows its key may
 * have what is held of it.
 */
export function roomOfMirror(
  {
    tag,
    id,
    shared,
    theirs,
    depositor,
  }: Pick<SharedMirror, 'tag' | 'id' | 'shared' | 'theirs' | 'depositor'>,
  { node, key }: Peer,
): SharedRoom | null {
  if (shared.scope !== 'mirror' || theirs === null || CARRIERS.has(theirs)) return null
  const nodeHex = node?.key.toString('hex') ?? null
  if (shared.guard) {
    const holder = theirs === 'held' ? nodeHex : null
    const device = depositor?.toString('hex') ?? holder
    const other = key.toString('hex')
    const known = { tag, roomId: mirrorRoom(id), member: true }
    return device ? { ...known, device } : { ...known, device: other, takesOnly: true }
  }
  const { files } = shared
  if (!files || theirs !== 'held' || nodeHex === null || !files.names(nodeHex)) return null
  return { tag, roomId: files.id, device: nodeHex, member: true }
}

/** Tells one from another. */
export function printOf({ tag, roomId, device, takesOnly = false }: SharedRoom): string {
  return [tag.toString('hex'), roomId, device, takesOnly].join()
}
