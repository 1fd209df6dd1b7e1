/** What a device keeps of a person's decisions about files. */
import { checkQuota, readChoice } from './policy.ts'
import type { PolicyChoice } from './policy.ts'

/** Items that are not fetched by themselves again; of more, the oldest are forgotten. */
export const MAX_DECLINED = 4_096
const MAX_ROOMS = 10_000

/** Part of the state file. */
export interface SavedFiles {
  /** The device's own. */
  policy?: PolicyChoice
  /** By room id. */
  rooms?: Record<string, PolicyChoice>
  /** Most bytes of received files; absent for no limit. */
  quota?: number
  /** Roots (hex) of items that a person cancelled or deleted here, the newest last. */
  declined?: string[]
}

/** What a state file says of files, without whatever is not as it is written. */
export function readSavedFiles(stored: unknown): SavedFiles {
  if (typeof stored !== 'object' || stored === null) return {}
  const { policy, rooms, quota, declined } = stored as Record<string, unknown>
  const device = readChoice(policy)
  const choices = Object.entries(isRecord(rooms) ? rooms : {})
    .slice(0, MAX_ROOMS)
    .flatMap(([id, choice]) => {
      const read = /^[0-9a-f]{32}$/.test(id) ? readChoice(choice) : null
      return read ? [[id, read] as const] : []
    })
  const roots = (Array.isArray(declined) ? declined : []).filter(isRoot)
  return {
    ...(device && { policy: device }),
    ...(choices.length > 0 && { rooms: Object.fromEntries(choices) }),
    ...(isQuota(quota) && { quota }),
    ...(roots.length > 0 && { declined: roots.slice(-MAX_DECLINED) }),
  }
}

/** Whether an item (its root in hex) is not to be fetched by itself. */
export function isDeclined({ declined }: SavedFiles, root: string): boolean {
  return declined?.includes(root) ?? false
}

/** Notes that an item is not wanted here, or is wanted again. False when that was known. */
export function setDeclined(saved: SavedFiles, root: string, on: boolean): boolean {
  if (isDeclined(saved, root) === on) return false
  const others = (saved.declined ?? []).filter((other) => other !== root)
  saved.declined = on ? [...others, root].slice(-MAX_DECLINED) : others
  return true
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRoot(root: unknown): root is string {
  return typeof root === 'string' && /^[0-9a-f]{64}$/.test(root)
}

function isQuota(quota: unknown): quota is number {
  if (typeof quota !== 'number') return false
  try {
    checkQuota(quota)
    return true
  } catch {
    return false
  }
}
