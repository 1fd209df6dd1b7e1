import { MAX_MIRROR_LOGS } from '../copy.ts'

/** New logs of a mirror from one who deposited it and shares no room with this device, and from all at one address who share none. */
const NEW_LOGS = 256
const NEW_LOGS_AT_ADDRESS = 1024

/** How many logs of a mirror others brought first. */
export interface LogCounts {
  readonly own: number
  /** It deposited the mirror, and does not merely pass. */
  readonly deposited: boolean
  /** Of all at its address, and of all, who share no room with this device. */
  readonly address: number
  readonly unpaired: number
}

/** True when somebody may bring one more log to a mirror; half of the places are for who shares a room. */
export function mayAddLog(
  paired: boolean,
  { own, deposited, address, unpaired }: LogCounts,
): boolean {
  if (paired) return true
  if (deposited && own >= NEW_LOGS) return false
  return address < NEW_LOGS_AT_ADDRESS && unpaired < MAX_MIRROR_LOGS / 2
}
