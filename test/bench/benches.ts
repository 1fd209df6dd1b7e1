import type { Bench } from './bench.ts'
import { acks } from './benches/acks.ts'
import { ble } from './benches/ble.ts'
import { carry } from './benches/carry.ts'
import { blind } from './benches/blind.ts'
import { circuits } from './benches/circuits.ts'
import { crowd } from './benches/crowd.ts'
import { discovery } from './benches/discovery.ts'
import { files } from './benches/files.ts'
import { idle } from './benches/idle.ts'
import { internet } from './benches/internet.ts'
import { join } from './benches/join.ts'
import { latency } from './benches/latency.ts'
import { merge } from './benches/merge.ts'
import { rotation } from './benches/rotation.ts'

/** All there are, in the order in which they run. */
export const benches: readonly Bench[] = [
  latency,
  join,
  merge,
  idle,
  discovery,
  acks,
  crowd,
  rotation,
  files,
  circuits,
  internet,
  blind,
  carry,
  ble,
]
