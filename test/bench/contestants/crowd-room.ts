/**
 * Fills a data directory with a room of many members' devices and messages, as if all had been met: each device has
 * its own keys, came in by an entry of its own and signed its own log.
 */
import { join } from 'node:path'
import Corestore from 'corestore'
import { systemClock } from '../../../core/clock.ts'
import { encode } from '../../../core/codec/codec.ts'
import type { ControlLog } from '../../../core/control/control-log.ts'
import { logManifest } from '../../../core/control/statement.ts'
import { openEngine } from '../../../core/engine.ts'
import { MaterialKeys } from '../../../core/identity/device-keys.ts'
import { newMaterial } from '../../../core/identity/key-material.ts'
import { silentLogger } from '../../../core/logger.ts'
import { systemRandom } from '../../../core/random.ts'
import { parseInvite } from '../../../core/room/invite.ts'
import type { Invite } from '../../../core/room/invite.ts'
import { textPayload } from '../../../core/room/messages/payloads.ts'
import { joinRoomRecord } from '../../../core/room/new-room.ts'
import { contentKeyPair } from '../../../core/room/own-keys.ts'
import { KIND_TEXT, sealRecord } from '../../../core/room/record.ts'
import type { Head } from '../../../core/room/record.ts'
import type { RoomRecord } from '../../../core/room/room-record.ts'
import { sealKeys } from '../../../core/room/epochs/key-box.ts'
import { Storage } from '../../../core/storage.ts'
import { Words } from './words.ts'
import { openStoredRoom } from '../../sim/stored-room.ts'

export interface Crowd {
  readonly devices: number
  readonly messages: number
}

const facts = { clock: systemClock, random: systemRandom, logger: silentLogger }

/** Makes the room and everything in it; nobody has looked at the messages yet. */
export async function fillCrowd(dir: string, { devices, messages }: Crowd): Promise<void> {
  const invite = await makeRoom(dir)
  const storage = await Storage.open({ dir, ...facts })
  const scratch = new Corestore(join(dir, '..', 'authors'))
  const words = new Words(7)
  try {
    const { record, store, control } = await openStoredRoom(storage, facts)
    const each = Math.floor(messages / (devices - 1))
    let before: Head | null = null
    for (let n = 1; n < devices; n++) {
      const member = await admit(control, record, invite, `Member ${n}`)
      const count = n === devices - 1 ? messages - each * (devices - 2) : each
      before = await write({ store, scratch, control, record, member, count, before, words })
    }
    await control.close()
    await store.close()
  } finally {
    await scratch.close()
    await storage.close()
  }
}

async function makeRoom(dir: string): Promise<Invite> {
  const engine = await openEngine({ dir, name: 'Host', ...facts })
  const { id } = await engine.createRoom('Crowd')
  const invite = await engine.invite(id)
  await engine.close()
  return parseInvite(invite)
}

/** Lets a device in that asks as any does; gives its keys and what it keeps of the room. */
async function admit(
  control: ControlLog,
  host: RoomRecord,
  invite: Invite,
  nickname: string,
): Promise<{ keys: MaterialKeys; record: RoomRecord }> {
  const keys = new MaterialKeys(await newMaterial(systemRandom), systemRandom)
  const record = joinRoomRecord(invite, { keys, nickname, ...facts })
  const epoch = control.state.epoch
  const key = Buffer.from(host.epochs[epoch]!, 'hex')
  await control.append({
    type: 'admit',
    statement: Buffer.from(record.invite!.statement, 'base64'),
    epoch,
    keys: sealKeys([{ epoch, key }], keys.device.publicKey, control.key)!,
  })
  return { keys, record }
}

/** Writes a log as its device would, having seen the one before, and stores it as if fetched from it. */
async function write(part: {
  store: Corestore
  scratch: Corestore
  control: ControlLog
  record: RoomRecord
  member: { keys: MaterialKeys; record: RoomRecord }
  count: number
  before: Head | null
  words: Words
}): Promise<Head> {
  const { store, scratch, control, record, member, count, before, words } = part
  const keyPair = contentKeyPair(member.keys, member.record, 0)
  const manifest = logManifest(keyPair.publicKey)
  const theirs = scratch.get({ keyPair, manifest, active: false })
  const ours = store.get({ manifest, active: false })
  await Promise.all([theirs.ready(), ours.ready()])
  const epoch = control.state.epoch
  const key = Buffer.from(record.epochs[epoch]!, 'hex')
  const blocks = Array.from({ length: count }, (_, seq) => {
    const said = {
      text: words.text(),
      replyTo: null,
      expiresIn: null,
      mentions: [],
      location: null,
    }
    const body = {
      sentAt: systemClock.now(),
      kind: KIND_TEXT,
      heads: seq === 0 && before ? [before] : [],
      payload: encode(textPayload, said),
    }
    const place = { room: control.key, log: ours.key, seq, epoch }
    return sealRecord(body, place, key, systemRandom.bytes(24))
  })
  await theirs.append(blocks)
  await ours.append(blocks, { signature: Buffer.from(theirs.core.state.signature!) })
  const head = { log: Buffer.from(ours.key), length: count }
  await Promise.all([theirs.close(), ours.close()])
  return head
}
