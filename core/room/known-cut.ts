import type { ControlHead } from '../control/control-cores.ts'
import { PREFIX } from '../control/operation.ts'
import type { Cut, Reach } from '../control/operation.ts'
import type { RoomState } from '../control/room-state.ts'

const MAX_CONTROL = 256
const MAX_CONTENT = 512

export interface CutFacts {
  readonly state: RoomState
  /** How far each control log is known here. */
  readonly heads: readonly ControlHead[]
  /** How many records of a content log (hex) are here. */
  readonly reach: (log: string) => number
}

/** How far the logs of some devices are known here: what an entry against them leaves standing. */
export function cutOf(facts: CutFacts, devices: ReadonlySet<string>): Cut {
  const { state, heads, reach } = facts
  const control = heads
    .filter(({ key }) => devices.has(state.writers.get(key.toString('hex')) ?? ''))
    .map(({ key, length }) => ({ log: key.subarray(0, PREFIX), length }))
  const content = [...state.logs]
    .filter(([, log]) => devices.has(log.device))
    .map(([hex, { key }]) => ({ log: key.subarray(0, PREFIX), length: reach(hex) }))
  return { control: longest(control, MAX_CONTROL), content: longest(content, MAX_CONTENT) }
}

/** A log that is not named counts up to nothing, so the longest come first. */
function longest(reaches: Reach[], most: number): Reach[] {
  const some = reaches.filter(({ length }) => length > 0)
  return some.sort((a, b) => b.length - a.length).slice(0, most)
}

/** The devices of a person, in or out. */
export function devicesOf(state: RoomState, person: string): Set<string> {
  return new Set([...state.devices].filter(([, d]) => d.person === person).map(([id]) => id))
}
