import type { Clock } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import type { Random } from '../../random.ts'
import type { AddressCounts } from './address-counts.ts'
import type { CopyVersions } from './log-versions.ts'
import type { ParcelsMessage } from './messages.ts'
import type { MirrorLink } from './mirror-link.ts'
import type { ReadSlots } from './read-slots.ts'
import type { Keeper, NodeOffer, SharedCopy } from './shared-copy.ts'
import type { SharedMirror } from './shared-mirror.ts'

/** What all links of this device share. */
export interface LinkHost {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly slots: ReadSlots
  readonly versions: CopyVersions
  /** What is remembered of what strangers said, by their addresses; bytes. */
  readonly remembered: AddressCounts
  /** Keys that came after the one of this number (0: all), and the number of the last. */
  keysAfter(number: number): { readonly keys: readonly SharedCopy[]; readonly last: number }
  /** The copy that a key finds. */
  shared(key: Buffer): SharedCopy | null
  node(): NodeOffer | null
  keeper(): Keeper | null
  /** Bytes that this device would carry for strangers. */
  carries(): number
  /** Something can be asked for. */
  fetch(): void
  /** True for a log of a mirror that was offered to be carried over this link, and not taken yet. */
  handsOver(link: MirrorLink, mirror: SharedMirror, log: Buffer): boolean
  /** Runs what may fail; that is logged. */
  guarded(run: () => void | Promise<void>): Promise<void>
  onnode(link: MirrorLink): void
  onmatched(link: MirrorLink, mirror: SharedMirror): void
  /** It is known what the other side is to a mirror. */
  onmet(link: MirrorLink, mirror: SharedMirror): void
  onend(link: MirrorLink, mirror: SharedMirror): void
  onstored(link: MirrorLink, mirror: SharedMirror, logs: readonly string[]): void
  onkept(link: MirrorLink, mirror: SharedMirror): void
  onparcels(link: MirrorLink, parcels: ParcelsMessage): void
  onclose(link: MirrorLink): void
}
