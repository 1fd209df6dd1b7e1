import type { Room } from '../room/room.ts'

/** A personal room as one device knows it. */
export interface PersonalSide {
  /** Key of its control log. */
  readonly key: Buffer
  /** Devices of the person that are in it. */
  readonly present: number
}

/**
 * Of two personal rooms of one person, which were begun apart, must ours give way? One with several devices in it
 * never does; of two with a single one each, the one with the smaller key stays, so that exactly one side moves.
 */
export function yields(ours: PersonalSide, theirs: PersonalSide): boolean {
  if (ours.key.equals(theirs.key) || ours.present > 1) return false
  return theirs.present > 1 || Buffer.compare(theirs.key, ours.key) < 0
}

/** How many devices are in a room. */
export function countIn(room: Room): number {
  return [...room.control.state.devices.values()].filter(({ standing }) => standing === 'in').length
}
