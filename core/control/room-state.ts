import type Hyperbee from 'hyperbee'
import type { DeviceEntry, InviteEntry, PersonEntry, RoomEntry } from './apply.ts'
import { shownName } from '../room/names.ts'
import { logKey } from './statement.ts'

/** A content log as the control log tells of it. */
export interface KnownLog {
  /** Its core key. */
  readonly key: Buffer
  /** Its signing key. */
  readonly publicKey: Buffer
  readonly device: string
  readonly person: string
}

/** A room as its control log tells it now: an immutable picture; ids are hex. */
export interface RoomState {
  readonly name: string
  readonly devices: ReadonlyMap<string, DeviceEntry>
  readonly persons: ReadonlyMap<string, PersonEntry>
  readonly invites: ReadonlyMap<string, InviteEntry>
  /** Control log key → device. */
  readonly writers: ReadonlyMap<string, string>
  /** Core key → log. */
  readonly logs: ReadonlyMap<string, KnownLog>
}

export const EMPTY_ROOM: RoomState = {
  name: '',
  devices: new Map(),
  persons: new Map(),
  invites: new Map(),
  writers: new Map(),
  logs: new Map(),
}

/** Reads the whole view; a control log is small. */
export async function readRoomState(view: Hyperbee): Promise<RoomState> {
  let name = ''
  const devices = new Map<string, DeviceEntry>()
  const persons = new Map<string, PersonEntry>()
  const invites = new Map<string, InviteEntry>()
  const writers = new Map<string, string>()
  for await (const { key, value } of view.createReadStream()) {
    const id = key.slice(key.indexOf('/') + 1)
    if (key === 'room') name = shownName((value as RoomEntry).name)
    else if (key.startsWith('device/')) devices.set(id, value as DeviceEntry)
    else if (key.startsWith('person/')) persons.set(id, shownPerson(value as PersonEntry))
    else if (key.startsWith('invite/')) invites.set(id, value as InviteEntry)
    else if (key.startsWith('writer/')) writers.set(id, value as string)
  }
  const logs = new Map<string, KnownLog>()
  for (const [device, entry] of devices) {
    for (const log of entry.logs) {
      const publicKey = Buffer.from(log, 'hex')
      const key = logKey(publicKey)
      logs.set(key.toString('hex'), { key, publicKey, device, person: entry.person })
    }
  }
  return { name, devices, persons, invites, writers, logs }
}

function shownPerson(person: PersonEntry): PersonEntry {
  return { ...person, name: shownName(person.name) }
}
