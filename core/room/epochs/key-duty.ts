/** What a member's device owes the room's keys now, and how long it leaves that to others first. */
import type { RoomState } from '../../control/room-state.ts'
import { NEARLY_FULL } from '../../control/log-allowance.ts'
import { mayModerate, mayWrite } from '../../control/roles.ts'
import { rotationNeed } from '../../control/rotation-need.ts'
import type { RotationNeed } from '../../control/rotation-need.ts'
import type { Random } from '../../random.ts'

/** What this device is to do for the keys. */
export type Duty =
  /** `at`: when a rotation falls due, in wall-clock ms. */
  | { readonly do: 'nothing'; readonly at: number | null }
  | { readonly do: 'rotate'; readonly why: RotationNeed | 'keyless' }
  | { readonly do: 'grant'; readonly device: string }

/** What a duty depends on. */
export interface DutyFacts {
  readonly state: RoomState
  /** This device. */
  readonly device: string
  /** For how long it lacks the current epoch's key, in ms; null while it has it. */
  readonly keyless: number | null
  /** Devices that say they lack it, whatever the control log tells. */
  readonly asking: ReadonlySet<string>
  readonly now: number
}

/** Longest time over which devices spread. */
const SPREAD = 1_000
const SPREAD_DUE = 300_000

/** How long a moderator's device waits for a key that it was to be handed before it makes another one. */
const PATIENCE = 60_000

/** What is to be done; a rotation first, as it hands the key to all. */
export function keyDuty({ state, device, keyless, asking, now }: DutyFacts): Duty {
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
  if (keyless !== null) {
    // Perhaps nobody has it: its rotation may have handed out anything. A moderator's counts without need.
    if (!mayModerate(role)) return { do: 'nothing', at }
    if (keyless >= PATIENCE) return { do: 'rotate', why: 'keyless' }
    return { do: 'nothing', at: Math.min(at ?? Infinity, now + PATIENCE - keyless) }
  }
  for (const [id, { standing }] of devices) {
    const has = current.holders.has(id) && !asking.has(id)
    if (standing === 'in' && !has && id !== device) return { do: 'grant', device: id }
  }
  return { do: 'nothing', at }
}

/**
 * How long to wait before acting, so that of many devices that see the same need about one acts. Exponentially
 * distributed towards the end, so the number of the quick ones does not grow with the room (Nonnenmacher and
 * Biersack, "Optimal multicast feedback", 1998). A device whose control log is nearly full (`usedUp`) acts when nobody else did.
 */
export function dutyDelay(duty: Duty, state: RoomState, random: Random, usedUp = 0): number {
  const { rotateEvery } = state.settings
  const due = duty.do === 'rotate' && duty.why === 'due'
  const longest = due ? Math.min(SPREAD_DUE, (rotateEvery ?? 0) / 10) : SPREAD
  const steepness = Math.log(Math.max(2, state.devices.size)) + 1
  const spread = (longest / steepness) * Math.log(1 + random.float() * (Math.exp(steepness) - 1))
  return usedUp >= NEARLY_FULL ? spread + SPREAD_DUE : spread
}
