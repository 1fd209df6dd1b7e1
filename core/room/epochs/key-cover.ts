import type { EpochEntry, RoomState } from '../../control/room-state.ts'
import type { EpochKey } from './key-box.ts'
import { MAX_KEYS } from './key-box.ts'

/** All epochs whose keys follow from the key of `id` by links, itself included. */
export function coveredBy(epochs: RoomState['epochs'], id: number): Set<number> {
  const covered = new Set([id])
  for (const epoch of covered) {
    for (const link of epochs.get(epoch)?.links ?? []) covered.add(link.epoch)
  }
  return covered
}

/** Held epochs that no held one of `from` leads to, the deepest first: what a newcomer must be handed beside it. */
export function uncovered(
  { epochs }: RoomState,
  from: number,
  held: Iterable<number>,
): EpochEntry[] {
  const covered = coveredBy(epochs, from)
  const loose = [...held]
    .map((id) => epochs.get(id))
    .filter((entry) => entry !== undefined)
    .sort((a, b) => b.depth - a.depth || b.at - a.at || a.id - b.id)
  return loose.filter((entry) => {
    if (covered.has(entry.id)) return false
    for (const id of coveredBy(epochs, entry.id)) covered.add(id)
    return true
  })
}

/**
 * The keys that a device gets which has none: of the epoch that is written in, and by the room's setting of all
 * that is kept. Empty where newcomers read only what comes after them: the next rotation is theirs.
 */
export function keysForNewcomer(
  state: RoomState,
  writing: EpochKey | null,
  held: ReadonlyMap<number, Buffer>,
): EpochKey[] {
  if (!writing || state.settings.history === 'joined') return []
  return allHeld(state, writing, held)
}

/** The keys of a grant: what a device gets that is in, and lacks the key that is written in. */
export function keysForGrant(
  state: RoomState,
  device: string,
  writing: EpochKey | null,
  held: ReadonlyMap<number, Buffer>,
): EpochKey[] {
  if (!writing) return []
  const keys = allHeld(state, writing, held)
  if (state.settings.history === 'all') return keys
  // Only what it was to have.
  return keys.filter(({ epoch }) => state.epochs.get(epoch)?.holders.has(device))
}

/** The key that is written in, and the others that do not follow from it. */
function allHeld(
  state: RoomState,
  writing: EpochKey,
  held: ReadonlyMap<number, Buffer>,
): EpochKey[] {
  const loose = uncovered(state, writing.epoch, held.keys())
  const older = loose.map(({ id }) => ({ epoch: id, key: held.get(id)! }))
  return [writing, ...older].slice(0, MAX_KEYS)
}
