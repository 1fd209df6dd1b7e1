import type { Clock } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import type { Random } from '../../random.ts'
import type { Fetch } from './fetch.ts'
import type { FileLink } from './file-link.ts'

/** What a fetch needs of the swarm. */
export interface FetchHost {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  links(): Iterable<FileLink<Fetch>>
  /** There may be more to ask. */
  fill(): void
  /** Priorities changed. */
  reorder(): void
  /** It sent wrong bytes. */
  distrust(link: FileLink<Fetch>): void
  /** So many bytes are complete, and being stored. */
  storing(bytes: number): void
  stored(bytes: number): void
  /** So many bytes less are to come. */
  free(bytes: number): void
  stopped(fetch: Fetch): void
}
