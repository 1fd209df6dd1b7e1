import { has, put } from './bits.ts'
import type { Protocol } from './carriers.ts'

/** Everybody takes and keeps everything: the best delivery that these meetings allow, at the highest cost. */
export const flooding: Protocol = ({ writing }, { spare }) => ({
  written: (message) => put(spare[writing.author[message]!]!, message),
  hand: () => 0,
  given: (message, _from, to) => put(spare[to]!, message),
})

/** Members alone, and the blind peers that they chose. */
export const direct: Protocol = (_world, { wants }) => ({
  hand: (message, _from, to) => (has(wants[to]!, message) ? 0 : null),
})

/** The author gives to every stranger, who gives to members alone. */
export const twoHops: Protocol = ({ writing }, { spare }) => ({
  written: (message) => put(spare[writing.author[message]!]!, message),
  hand: () => 0,
})
