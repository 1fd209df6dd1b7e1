/** What a member's device owes the room's keys now, and how long it leaves that to others first. */
import type { RoomSettings } from '../../api.ts'
import type { EpochEntry, RoomState } from '../../control/room-state.ts'
import { ROLES } from '../../control/roles.ts'
import type { Random } from '../../random.ts'

export type Duty =
  /** `at`: when a rotation falls due, in wall-clock ms. */
  | { readonly do: 'nothing'; readonly at: number | null }
  /** `outsider`: someone who is out has the key. `newcomer`: someone who is in may have only a new one. `due`: by time. */
  | { readonly do: 'rotate'; readonly why: 'outsider' | 'newcomer' | 'due' }
  | { readonly do: 'grant'; readonly device: string }

export interface DutyFacts {
  readonly state: RoomState
  /** This device. */
  readonly device: string
  /** It has the current epoch's key. */
  readonly hasKey: boolean
  readonly now: number
  /** False for a device to which nothing can be sealed. */
  readonly reachable: (device: string) => boolean
}

/** A rotation that claims to be this far ahead of now does not put off the next one. */
const DAY = 86_400_000
/** Longest time over which devices spread. */
const SPREAD = 1_000
const SPREAD_DUE = 300_000

/** What is to be done; a rotation first, as it hands the key to all. */
export function keyDuty({ state, device, hasKey, now, reachable }: DutyFacts): Duty {
  const nothing = { do: 'nothing', at: null } as const
  const own = state.devices.get(device)
  const role = own && state.persons.get(own.person)?.role
  const current = state.epochs.get(state.epoch)
  if (own?.standing !== 'in' || !role || role === 'reader' || !current) return nothing
  const isIn = (id: string): boolean => state.devices.get(id)?.standing === 'in'
  if ([...current.holders].some((id) => !isIn(id))) return { do: 'rotate', why: 'outsider' }
  const at = dueAt(current, state.settings, ROLES.indexOf(role) <= 1 ? now + DAY : Infinity)
  if (at !== null && now >= at) return { do: 'rotate', why: 'due' }
  const { history } = state.settings
  if (history === 'all' && !hasKey) return { do: 'nothing', at }
  for (const [id, { standing }] of state.devices) {
    if (standing !== 'in' || current.holders.has(id) || !reachable(id)) continue
    return history === 'all' ? { do: 'grant', device: id } : { do: 'rotate', why: 'newcomer' }
  }
  return { do: 'nothing', at }
}

/** A time that can not be true counts as none, for whoever's rotation counts all the same. */
function dueAt(current: EpochEntry, settings: RoomSettings, latest: number): number | null {
  if (settings.rotateEvery === null) return null
  return current.at > latest ? 0 : current.at + settings.rotateEvery
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
