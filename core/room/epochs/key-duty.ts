/** What a member's device owes the room's keys now, and how long it leaves that to others first. */
import type { RoomState } from '../../control/room-state.ts'
import { mayWrite } from '../../control/roles.ts'
import { rotationNeed } from '../../control/rotation-need.ts'
import type { RotationNeed } from '../../control/rotation-need.ts'
import type { Random } from '../../random.ts'

/** What this device is to do for the keys. */
export type Duty =
  /** `at`: when a rotation falls due, in wall-clock ms. */
  | { readonly do: 'nothing'; readonly at: number | null }
  | { readonly do: 'rotate'; readonly why: RotationNeed }
  | { readonly do: 'grant'; readonly device: string }

/** What a duty depends on. */
export interface DutyFacts {
  readonly state: RoomState
  /** This device. */
  readonly device: string
  /** It has the current epoch's key. */
  readonly hasKey: boolean
  readonly now: number
}

/** Longest time over which devices spread. */
const SPREAD = 1_000
const SPREAD_DUE = 300_000

/** What is to be done; a rotation first, as it hands the key to all. */
export function keyDuty({ state, device, hasKey, now }: DutyFacts): Duty {
  const { devices, settings } = state
  const own = devices.get(device)
  const role = own && state.persons.get(own.person)?.role
  const current = state.epochs.get(state.epoch)
  if (own?.standing !== 'in' || !role || !mayWrite(role) || !current) {
    return { do: 'nothing', at: null }
  }
  const why = rotationNeed({ devices, settings, current, now })
  if (why) return { do: 'rotate', why }
  const at = settings.rotateEvery === null ? null : current.at + settings.rotateEvery
  if (!hasKey) return { do: 'nothing', at }
  for (const [id, { standing }] of devices) {
    if (standing !== 'in' || current.holders.has(id)) continue
    return { do: 'grant', device: id }
  }
  return { do: 'nothing', at }
}

/**
 * How long to wait before acting, so that of many devices that see the same need about one acts. Exponentially
 * distributed towards the end, so the number of the quick ones does not grow with the room (Nonnenmacher and
 * Biersack, "Optimal multicast feedback", 1998).
 */
export function dutyDelay(duty: Duty, state: RoomState, random: Random): number {
  const { rotateEvery } = state.settings
  const due = duty.do === 'rotate' && duty.why === 'due'
  const longest = due ? Math.min(SPREAD_DUE, (rotateEvery ?? 0) / 10) : SPREAD
  const steepness = Math.log(Math.max(2, state.devices.size)) + 1
  return (longest / steepness) * Math.log(1 + random.float() * (Math.exp(steepness) - 1))
}
