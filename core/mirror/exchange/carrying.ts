import type { LogRange } from '../copy.ts'
import type { ParcelsMessage } from './messages.ts'
import type { MirrorLink } from './mirror-link.ts'
import type { SharedCopy } from './shared-copy.ts'

/** How this device carries for strangers and has strangers carry for it: what the exchange asks and tells. */
export interface Carrying {
  /** Bytes that it would still carry for others. */
  readonly free: number
  /** A key is known at both ends, and what the other end is to it: `link.theirs(mirrorId(key))`. */
  onmet(link: MirrorLink, shared: SharedCopy): void
  /** The other end offers to have something carried; it is taken by `link.fetch`. Never throws. */
  onparcels(link: MirrorLink, parcels: ParcelsMessage): void
  /** A carrier brought something of a room of this device. */
  onbrought(shared: SharedCopy, range: LogRange): void
  /** True for a log that was offered over this link (`link.offer`), as long as that may be taken. */
  handsOver(link: MirrorLink, key: Buffer, log: Buffer): boolean
}
