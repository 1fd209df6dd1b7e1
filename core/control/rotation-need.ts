import type { RoomSettings } from '../api.ts'
import type { DeviceEntry } from './room-state.ts'

/**
 * `outsider`: someone who is out has the key. `due`: by time. `newcomer`: someone who is in may only have a new one.
 */
export type RotationNeed = 'outsider' | 'due' | 'newcomer'

export interface RotationFacts {
  readonly devices: ReadonlyMap<string, DeviceEntry>
  readonly settings: RoomSettings
  /** The key in use: when it was made, as claimed, and who was handed it. */
  readonly current: { readonly at: number; readonly holders: ReadonlySet<string> }
  /** Wall-clock ms, or what a rotation claims of it. */
  readonly now: number
}

/** Why a room needs a new key, when it does: then a rotation of any member counts. */
export function rotationNeed(facts: RotationFacts): RotationNeed | null {
  const { devices, settings, current, now } = facts
  const { holders } = current
  const isIn = (id: string): boolean => devices.get(id)?.standing === 'in'
  for (const id of holders) if (!isIn(id)) return 'outsider'
  // The claimed times of others are not to be relied on: one far in the future is as good a reason.
  const { rotateEvery, history } = settings
  if (rotateEvery !== null && Math.abs(now - current.at) >= rotateEvery) return 'due'
  if (history === 'all') return null
  for (const id of devices.keys()) if (isIn(id) && !holders.has(id)) return 'newcomer'
  return null
}
