import type { Room } from '../../room/room.ts'
import type { Lot } from './lots.ts'
import { beginWith } from './spray.ts'
import type { SprayLimits } from './spray.ts'

/** Lots of one room that are followed. */
export const MAX_ROOM_LOTS = 512
/** What comes at once and is longer is history: nobody waits for it in the next village. */
const MAX_LOT = 2048

/** A lot of a room of this device. */
export interface RoomLot extends Lot {
  /** This device may spray it: it wrote it, or a carrier brought it. */
  readonly mine: boolean
  /** It began to, or need not. */
  begun: boolean
}

export interface RoomLotsOptions {
  readonly limits: SprayLimits
  /** Those of the last run. */
  readonly saved: readonly RoomLot[]
  /** Made or joined in this run: all that is in it is new. */
  readonly fresh: boolean
}

interface Length {
  readonly length: number
  readonly bytes: number
  readonly own: boolean
}

/** What of a room is new here, and may be carried to its other members. */
export class RoomLots {
  readonly room: Room
  readonly #limits: SprayLimits
  #lots: RoomLot[]
  /** How far each log (hex) was here; null before it was looked at. */
  #known: Map<string, Length> | null = null
  /** How far carriers brought each log (hex). */
  readonly #brought = new Map<string, number>()

  constructor(room: Room, { limits, saved, fresh }: RoomLotsOptions) {
    this.room = room
    this.#limits = limits
    this.#lots = [...saved]
    if (fresh) this.#known = new Map()
  }

  get lots(): readonly RoomLot[] {
    return this.#lots
  }

  /** Devices that are in the room. */
  get devices(): number {
    let count = 0
    for (const { standing } of this.room.control.state.devices.values()) {
      if (standing === 'in') count++
    }
    return count
  }

  /** A carrier brought a log (hex) up to here: this device is as its author's is, where it is now. */
  brought(log: string, to: number): void {
    this.#brought.set(log, Math.max(to, this.#brought.get(log) ?? 0))
  }

  /** Looks at what came since; true when what this device sprays is something else now. */
  look(now: number): boolean {
    const lengths = this.#lengths()
    const before = this.#known
    this.#known = lengths
    let changed = this.#begin(now)
    if (!before) return changed
    for (const [log, { length, bytes, own }] of lengths) {
      const from = before.get(log)?.length ?? 0
      const count = length - from
      if (count <= 0 || count > MAX_LOT) continue
      const mine = own || (this.#brought.get(log) ?? 0) >= length
      const size = bytes - (before.get(log)?.bytes ?? 0)
      this.#add(
        {
          log,
          from,
          to: length,
          bytes: size,
          copies: 0,
          since: now,
          until: now + this.#limits.life,
        },
        mine,
      )
      changed ||= mine
    }
    return changed
  }

  #add(lot: Lot, mine: boolean): void {
    const last = this.#lots.findLast(({ log }) => log === lot.log)
    // Nobody was offered copies of these: they go together.
    if (last && last.to === lot.from && last.mine === mine && (!mine || !last.begun)) {
      last.to = lot.to
      last.bytes += lot.bytes
      last.until = lot.until
      if (!mine) last.since = lot.since
      return
    }
    this.#lots.push({ ...lot, mine, begun: !mine })
    if (this.#lots.length > MAX_ROOM_LOTS) this.#lots.shift()
  }

  /** Begins to spray what is due, ends with what all have, forgets what is over. */
  #begin(now: number): boolean {
    let changed = false
    for (const lot of this.#lots) {
      if (!lot.mine || (lot.begun && lot.copies === 0)) continue
      const everywhere = this.#everywhere(lot)
      const copies = beginWith({ since: lot.since, everywhere }, now, this.#limits)
      if (lot.begun && !everywhere) continue
      if (!lot.begun && copies === 0 && !everywhere) continue
      lot.begun = true
      lot.copies = lot.copies > 0 ? 0 : copies
      changed = true
    }
    const left = this.#lots.filter(({ until }) => until > now)
    changed ||= left.length < this.#lots.length
    this.#lots = left
    return changed
  }

  #everywhere({ log, to }: Lot): boolean {
    const content = this.room.logs.get(log)
    if (!content?.own) return false
    return this.room.receipts.havers(log, to - 1) >= this.devices - 1
  }

  #lengths(): Map<string, Length> {
    const { control, logs } = this.room
    const lengths = new Map<string, Length>()
    for (const { key, length, byteLength } of control.cores.all()) {
      if (key)
        lengths.set(key.toString('hex'), {
          length,
          bytes: byteLength,
          own: control.writer.equals(key),
        })
    }
    for (const { hex, own, core } of logs) {
      lengths.set(hex, { length: core.length, bytes: core.byteLength, own })
    }
    return lengths
  }
}
