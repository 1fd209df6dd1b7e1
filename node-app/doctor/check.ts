import type { TransportView } from '../../core/api.ts'
import type { FileReason, FileStorage } from '../../core/files/api.ts'
import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import type { Nic } from '../../transports/lan/nics.ts'
import type { Finding } from '../api/schemas.ts'

/** What the running node knows of files. */
export interface FileFacts extends FileStorage {
  /** Why files stand still, one for each that does. */
  readonly reasons: readonly FileReason[]
}

/** What the running node knows; absent when none runs. */
export interface NodeFacts {
  readonly url: string
  readonly transports: readonly TransportView[]
  /** When others say they wrote the newest messages of each room, wall-clock milliseconds. */
  readonly othersSentAt: readonly number[]
  readonly files?: FileFacts
}

/** What the checks go by. */
export interface DoctorFacts {
  readonly dir: string
  readonly clock: Clock
  readonly random: Random
  /** The IPv4 networks that links can use. */
  readonly nics: readonly Nic[]
  readonly beaconPort: number
  readonly node?: NodeFacts
}

/** One question about this computer, answered for a person. Never rejects for what it finds. */
export type Check = (facts: DoctorFacts) => Promise<Finding> | Finding
