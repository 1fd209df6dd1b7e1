/** What a member's device knows, in the hands of a test: enough to say in its name whatever it wants. */
import { join } from 'node:path'
import { derive } from '../../core/crypto/hash.ts'
import { sign } from '../../core/crypto/sign.ts'
import { loadDeviceKeys } from '../../core/identity/vault.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import type { Random } from '../../core/random.ts'
import { StateFile } from '../../core/state-file.ts'
import type { RoomRecord } from '../../core/room/room-record.ts'
import { roomTag } from '../../core/session/room-tags.ts'
import { until } from '../compliance/until.ts'
import { CraftedPeer } from './crafted-peer.ts'

export interface Membership {
  readonly keys: DeviceKeys
  readonly record: RoomRecord
}

/** Reads the data directory of a node that has closed: its first room, or another. */
export async function stolenFrom(dir: string, random: Random, nth = 0): Promise<Membership> {
  const keys = await loadDeviceKeys(join(dir, 'keys.json'), random)
  const { state } = await StateFile.open(join(dir, 'state.json'), {
    envelope: keys.envelope('state'),
  })
  const rooms = state.rooms.filter(({ kind }) => kind !== 'personal')
  return { keys, record: rooms[nth]! }
}

export function roomKey(record: Pick<RoomRecord, 'key'>): Buffer {
  return Buffer.from(record.key, 'hex')
}

/** The tag by which both ends name the room in this session. */
export function tagOf(peer: CraftedPeer, record: RoomRecord): Buffer {
  const secret = Buffer.from(record.encryptionKey, 'hex')
  const matchKey = derive(secret, 'room-match', roomKey(record))
  return roomTag(matchKey, Buffer.from(peer.stream.handshakeHash), true)
}

/** The signature of a device that dialled, over this session and the room. */
export function proofOf(peer: CraftedPeer, record: RoomRecord, keys: DeviceKeys): Buffer {
  const parts = [Buffer.from(peer.stream.handshakeHash), Buffer.from([1]), roomKey(record)]
  return sign('prove', parts, keys.device.secretKey)
}

/** Dials, and finds the room in common as anyone can who was ever invited. */
export async function dialRoom(
  port: number,
  record: RoomRecord,
): Promise<{ peer: CraftedPeer; tag: Buffer }> {
  const peer = await CraftedPeer.dial(port)
  const tag = tagOf(peer, record)
  peer.send.rooms.send({ tags: [tag] })
  await peer.hears('prove')
  return { peer, tag }
}

/** Dials and proves to be the member's device. */
export async function dialAs(
  port: number,
  { keys, record }: Membership,
): Promise<{ peer: CraftedPeer; tag: Buffer }> {
  const { peer, tag } = await dialRoom(port, record)
  const signature = proofOf(peer, record, keys)
  const device = keys.device.publicKey
  peer.send.prove.send({ tag, device, signature, statement: Buffer.alloc(0) })
  await until('to be taken for a member', () => peer.said('have').length > 0)
  return { peer, tag }
}
