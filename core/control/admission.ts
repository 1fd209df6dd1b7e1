import type { Refusal } from '../session/messages.ts'
import type { Admission } from './entry.ts'
import { logPrefix } from './log-prefix.ts'
import { MAX_DEVICES } from './operation.ts'
import type { DeviceEntry, InviteEntry, PersonEntry, RoomState } from './room-state.ts'
import type { Join } from './statement.ts'

/** Most devices of one person that are in at once. */
export const MAX_PERSON_DEVICES = 16
/** Most content logs of one device, and of all that a person ever had: each has an allowance of its own. */
const MAX_LOGS = 16
const MAX_PERSON_LOGS = 32

/** What of a room decides who is let in. */
export interface Door {
  readonly devices: ReadonlyMap<string, DeviceEntry>
  readonly persons: ReadonlyMap<string, PersonEntry>
  readonly invites: ReadonlyMap<string, InviteEntry>
  readonly writers: ReadonlyMap<string, string>
  /** First 8 bytes of a content log's core key (hex) → device. */
  logOwner(prefix: string): string | undefined
}

/** The door of a room as it is now. */
export function doorOf(state: RoomState): Door {
  const owners = new Map(
    [...state.logs.values()].map(({ key, device }) => [logPrefix(key), device] as const),
  )
  return { ...state, logOwner: (prefix) => owners.get(prefix) }
}

/**
 * May the device of this statement be let in? `welcome` also for one that is in already, when the statement
 * brings nothing that is another's. Signatures and attestation were checked before.
 */
export function admission(door: Door, join: Admission): 'welcome' | Refusal {
  const [id, personId] = [join.device.toString('hex'), join.person.toString('hex')]
  const device = door.devices.get(id)
  const person = door.persons.get(personId)
  if (!isFree(door, join)) return 'unknown'
  if (device?.dropped || person?.banned) return 'removed'
  // A device that came in before its voucher was cut off stays good.
  if (!device && join.chain.some((key) => door.devices.get(key)?.dropped)) return 'removed'
  // A device that left comes back with fresh logs only, so an old statement can not bring it back.
  const known = device?.logs.includes(join.log.toString('hex')) ?? false
  if (device && device.standing !== 'in' && known) {
    return device.standing === 'left' ? 'left' : 'removed'
  }
  if (!known && !mayBegin(door, id, personId)) return 'full'
  const verdict = join.invite ? byInvite(door, join, join.invite) : byPerson(door, personId)
  if (verdict !== 'welcome' || device?.standing === 'in') return verdict
  return hasRoom(door, personId) ? 'welcome' : 'full'
}

/** True while a device may have one more content log. */
export function mayBegin(
  { devices }: Pick<Door, 'devices'>,
  device: string,
  person: string,
): boolean {
  if ((devices.get(device)?.logs.length ?? 0) >= MAX_LOGS) return false
  let logs = 0
  for (const other of devices.values()) if (other.person === person) logs += other.logs.length
  return logs < MAX_PERSON_LOGS
}

/** True when the invite is still good for this join: not used up by others, not expired when it was made. */
export function admits(invite: InviteEntry, join: Join): boolean {
  if (invite.expiresAt !== null && join.at > invite.expiresAt) return false
  if (invite.used.includes(join.device.toString('hex'))) return true
  return invite.uses === null || invite.used.length < invite.uses
}

function byInvite(door: Door, join: Admission, key: Buffer): 'welcome' | Refusal {
  const invite = door.invites.get(key.toString('hex'))
  const person = join.person.toString('hex')
  if (!invite) return 'unknown'
  if (invite.revoked) return 'revoked'
  if (door.persons.get(person)?.removed && !invite.welcomes.includes(person)) return 'removed'
  if (invite.expiresAt !== null && join.at > invite.expiresAt) return 'expired'
  return admits(invite, join) ? 'welcome' : 'used-up'
}

/** Without an invite come only further devices of who is in. */
function byPerson(door: Door, person: string): 'welcome' | Refusal {
  if (door.persons.get(person)?.removed) return 'removed'
  for (const device of door.devices.values()) {
    if (device.person === person && device.standing === 'in') return 'welcome'
  }
  return 'unknown'
}

/** False when the join would take over another device's logs, or one that can not be told from another. */
function isFree(door: Door, join: Admission): boolean {
  const id = join.device.toString('hex')
  const device = door.devices.get(id)
  if (device && device.person !== join.person.toString('hex')) return false
  const writer = door.writers.get(join.writer.toString('hex'))
  const owner = door.logOwner(logPrefix(join.core))
  if ((writer ?? id) !== id || (owner ?? id) !== id) return false
  const known = device?.logs.includes(join.log.toString('hex')) ?? false
  return known || owner === undefined
}

function hasRoom(door: Door, person: string): boolean {
  let all = 0
  let theirs = 0
  for (const device of door.devices.values()) {
    if (device.standing !== 'in') continue
    all++
    if (device.person === person) theirs++
  }
  return all < MAX_DEVICES && theirs < MAX_PERSON_DEVICES
}
