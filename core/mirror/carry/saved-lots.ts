import { MAX_ROOM_LOTS } from './room-lots.ts'
import type { RoomLot } from './room-lots.ts'
import type { SavedLots } from './room-sources.ts'
import { SPRAY } from './spray.ts'

const ROOM = /^[0-9a-f]{32}$/
const LOG = /^[0-9a-f]{64}$/

/** What a state file says of lots, without whatever is not as it is written. */
export function readLots(stored: unknown): SavedLots {
  const lots: SavedLots = {}
  if (typeof stored !== 'object' || stored === null) return lots
  for (const [room, list] of Object.entries(stored)) {
    if (!ROOM.test(room) || !Array.isArray(list)) continue
    const sound = list.slice(0, MAX_ROOM_LOTS).filter((one) => isLot(one))
    if (sound.length > 0) lots[room] = sound
  }
  return lots
}

function isLot(value: unknown): value is RoomLot {
  if (typeof value !== 'object' || value === null) return false
  const { log, from, to, bytes, copies, since, until, mine, begun } = value as Partial<RoomLot>
  const counts = [from, to, bytes, copies, since, until].every(
    (count) => Number.isSafeInteger(count) && count! >= 0,
  )
  const named = typeof log === 'string' && LOG.test(log)
  const said = typeof mine === 'boolean' && typeof begun === 'boolean'
  return counts && named && said && from! < to! && copies! <= SPRAY.copies
}
