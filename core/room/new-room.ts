import type Corestore from 'corestore'
import { ControlLog } from '../control/control-log.ts'
import { logKey } from '../control/statement.ts'
import type { Clock } from '../clock.ts'
import type { WriteAhead } from '../durability/journal.ts'
import type { DeviceKeys } from '../identity/device-keys.ts'
import type { Logger } from '../logger.ts'
import type { Random } from '../random.ts'
import { epochPair } from './epochs/key-box.ts'
import type { Invite } from './invite.ts'
import { joinStatement } from './join-statement.ts'
import { controlKeyPair } from './own-keys.ts'
import type { RoomRecord } from './room-record.ts'

/** Who enters a room, and with what. */
export interface JoinFacts {
  readonly keys: DeviceKeys
  readonly clock: Clock
  readonly random: Random
  /** This person's nickname. */
  readonly nickname: string
}

/** Makes a room with this person as its admin. */
export async function createRoomRecord(
  facts: JoinFacts & {
    readonly store: Corestore
    readonly journal: WriteAhead
    readonly logger: Logger
    readonly title: string
  },
): Promise<RoomRecord> {
  const { keys, random, clock, title, nickname } = facts
  const salt = random.bytes(32)
  const encryptionKey = random.bytes(32)
  const place = { salt: salt.toString('hex'), logs: 1 }
  const store = facts.store.namespace(salt)
  const control = await ControlLog.open({
    ...facts,
    store,
    key: null,
    encryptionKey,
    envelope: keys.envelope('control'),
    keyPair: controlKeyPair(keys, place),
    suspect: false,
    trust: async () => {},
  })
  try {
    const about = { room: control.key, name: nickname, at: clock.now() }
    const statement = joinStatement(keys, place, about, null)
    const first = random.bytes(32)
    const ephemeral = epochPair(first, control.key).publicKey
    await control.append({ type: 'create', name: title, statement, ephemeral })
    return {
      ...place,
      key: control.key.toString('hex'),
      encryptionKey: encryptionKey.toString('hex'),
      writer: control.writer.toString('hex'),
      epochs: { 0: first.toString('hex') },
      read: null,
      name: title,
    }
  } finally {
    await control.close()
    await store.close()
  }
}

/** What leads to a room: an invite, or (without a seed) that this person is in it already. */
export type WayIn = Omit<Invite, 'seed'> & { readonly seed: Buffer | null }

/** Prepares to enter a room, anew or (`left`) again; members met later let this device in. */
export function joinRoomRecord(way: WayIn, facts: JoinFacts, left?: RoomRecord): RoomRecord {
  if (left) {
    const { invite: _, ...kept } = left
    const record: RoomRecord = { ...kept, logs: left.logs + 1, read: null }
    renewStatement(record, way, facts)
    return record
  }
  const salt = facts.random.bytes(32).toString('hex')
  const writer = logKey(controlKeyPair(facts.keys, { salt }).publicKey)
  const record: RoomRecord = {
    salt,
    key: way.room.toString('hex'),
    encryptionKey: way.encryptionKey.toString('hex'),
    writer: writer.toString('hex'),
    logs: 1,
    epochs: {},
    read: null,
    name: '',
  }
  renewStatement(record, way, facts)
  return record
}

/** Asks by another invite to the same room, where the one before was not good; true when it is another. */
export function renewStatement(record: RoomRecord, way: WayIn, facts: JoinFacts): boolean {
  const seed = way.seed && way.seed.toString('hex')
  if (record.invite && record.invite.seed === seed) return false
  const { keys, clock, nickname } = facts
  const about = { room: way.room, name: nickname, at: clock.now() }
  const statement = joinStatement(keys, record, about, way.seed)
  const nodes = way.nodes?.map((node) => node.toString('hex'))
  record.invite = { seed, statement: statement.toString('base64'), ...(nodes && { nodes }) }
  return true
}
