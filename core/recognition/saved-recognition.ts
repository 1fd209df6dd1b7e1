/** What a device keeps of the keys by which devices that know each other recognise one another by radio. */

/** Most devices whose keys are kept; of more, those met longest ago are forgotten. */
export const MAX_KNOWN = 1_024
/** Most devices that one key is told to: each of them is looked at when somebody leaves. */
export const MAX_TOLD = 4_096
const HEX = /^[0-9a-f]{64}$/

/** Part of the state file. Keys and devices are hex. */
export interface SavedRecognition {
  /** This device's key. */
  readonly own: string
  /** Wall-clock ms when it was made. */
  readonly since: number
  /** Devices that know it. */
  readonly told: readonly string[]
  /** Devices and their keys, those met last first. */
  readonly known: readonly (readonly [device: string, key: string])[]
}

/** What a state file says of it, bounded and without what is not as it is written; null for nothing of the kind. */
export function readSavedRecognition(stored: unknown): SavedRecognition | null {
  if (typeof stored !== 'object' || stored === null) return null
  const { own, since, told, known } = stored as Record<string, unknown>
  if (!isHex(own) || !Number.isSafeInteger(since)) return null
  const pairs = listed(known).filter(
    (pair): pair is [string, string] => Array.isArray(pair) && isHex(pair[0]) && isHex(pair[1]),
  )
  return {
    own,
    since: since as number,
    told: listed(told).filter(isHex).slice(0, MAX_TOLD),
    known: pairs.slice(0, MAX_KNOWN).map(([device, key]) => [device, key]),
  }
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && HEX.test(value)
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
