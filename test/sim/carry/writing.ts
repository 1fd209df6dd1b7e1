import type { Random } from '../../../core/random.ts'
import { DAY } from './days.ts'
import type { Stay } from './days.ts'
import type { Town } from './town.ts'

/** What a range costs beside its words: key, manifest, roots and signature. */
const PROOF = 300

/** Everything that is written, by time; a message's place in it is its index. */
export interface Writing {
  readonly count: number
  /** Minute of the week. */
  readonly at: Int32Array
  readonly author: Int32Array
  readonly room: Int32Array
  readonly bytes: Int32Array
}

/** Each room's people write when their device is on, more in the evening than at work. */
export function makeWriting(
  town: Town,
  stays: readonly (readonly Stay[])[],
  days: number,
  random: Random,
): Writing {
  const all: (readonly [number, number, number, number])[] = []
  town.rooms.forEach((room, index) => {
    for (let day = 0; day < days; day++) {
      // A Poisson number, nearly: every tenth of what is expected happens or does not.
      for (let tenth = 0; tenth < room.daily * 10; tenth++) {
        if (random.float() >= 0.1) continue
        const author = room.members[Math.floor(random.float() * room.members.length)]!
        const at = whileOn(stays[author]!, day, random)
        if (at >= 0) all.push([at, author, index, sizeOf(random)])
      }
    }
  })
  all.sort((x, y) => x[0] - y[0])
  const column = (i: 0 | 1 | 2 | 3): Int32Array => Int32Array.from(all, (one) => one[i])
  return { count: all.length, at: column(0), author: column(1), room: column(2), bytes: column(3) }
}

/** A minute of that day at which the device is on; -1 when it is not, all day. */
function whileOn(stays: readonly Stay[], day: number, random: Random): number {
  const today = stays.filter(({ from }) => Math.floor(from / DAY) === day)
  let left = random.float() * today.reduce((sum, { from, to }) => sum + to - from, 0)
  for (const { from, to } of today) {
    if (left < to - from) return from + Math.floor(left)
    left -= to - from
  }
  return -1
}

/** Most messages are short, and padded to a size class; a few have a small picture. */
function sizeOf(random: Random): number {
  const chance = random.float()
  const words = chance < 0.6 ? 256 : chance < 0.85 ? 512 : chance < 0.97 ? 1024 : 16_384
  return words + PROOF
}
