import type { MemberView, PeerView } from '../api/views.ts'

/** True for this person, and for members with a device that is connected right now. */
export function isHere(member: MemberView, peers: readonly PeerView[]): boolean {
  const connected = new Set(peers.map((peer) => peer.id))
  return member.self || member.devices.some(({ id, here }) => here || connected.has(id))
}
