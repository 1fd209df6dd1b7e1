import type { RoomState } from '../control/room-state.ts'
import type { Room } from '../room/room.ts'

/** A personal room as one device knows it. */
export interface PersonalSide {
  /** Key of its control log. */
  readonly key: Buffer
  /** Devices of the person that are in it. */
  readonly present: number
}

/** A personal room that this device entered, or wants to. */
export interface PersonalCandidate extends PersonalSide {
  /** This device was let in. */
  readonly joined: boolean
  /** Nobody but the person was ever in it. */
  readonly own: boolean
  /** No device is in it that the person cut off. */
  readonly safe: boolean
}

/**
 * Of two personal rooms of one person, which were begun apart, must ours give way? One with several devices in it
 * never does; of two with a single one each, the one with the smaller key stays, so that exactly one side moves.
 */
export function yields(ours: PersonalSide, theirs: PersonalSide): boolean {
  if (ours.key.equals(theirs.key) || ours.present > 1) return false
  return theirs.present > 1 || Buffer.compare(theirs.key, ours.key) < 0
}

/**
 * The room to share in, of all that this device entered; `now` is the one so far. Another one takes its place
 * only once this device was let in there: whoever told of it may have lied.
 */
export function choosePersonal<T extends PersonalCandidate>(
  all: readonly T[],
  now: T | undefined,
): T | undefined {
  let best = now ?? all[0]
  for (const other of all) {
    if (!best || other === best || !(other.joined && other.own && other.safe)) continue
    if (!holds(best) || yields(best, other)) best = other
  }
  return best
}

/** True for a room that only a better one displaces. */
export function holds({ joined, own }: PersonalCandidate): boolean {
  return joined && own
}

/** What `choosePersonal` looks at; `gone`: the person's devices that were cut off. */
export function candidate(
  room: Room,
  person: string,
  gone: ReadonlySet<string>,
): PersonalCandidate & { readonly room: Room } {
  const { key, state } = room.control
  return {
    room,
    key,
    present: countIn(room),
    joined: room.membership.joined,
    own: [...state.persons.keys()].every((id) => id === person),
    safe: onlyOwn(state, person, gone),
  }
}

/** True while only devices of the person are in, none of which was cut off in whichever room. */
export function onlyOwn(state: RoomState, person: string, gone: ReadonlySet<string>): boolean {
  return [...state.devices].every(
    ([id, device]) => device.standing !== 'in' || (device.person === person && !gone.has(id)),
  )
}

export function countIn(room: Room): number {
  return [...room.control.state.devices.values()].filter(({ standing }) => standing === 'in').length
}
