import type { EngineApi } from '../../core/api.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Previews } from '../previews/previews.ts'
import type { Credentials } from './credentials.ts'
import type { EventHub } from './event-hub.ts'
import type { Finding, Status } from './schemas.ts'

/** The passphrase, and the end of all data. */
export interface AtRest {
  locked(): boolean
  /** A person did something: the time until it locks itself begins anew. */
  used(): void
  lock(passphrase?: string): Promise<void>
  unlock(passphrase: string): Promise<void>
  setPassphrase(current: string | undefined, next: string | null): Promise<void>
  /** Erases everything; the node is of no use then but to be stopped. */
  wipe(): Promise<void>
}

/** All that the routes need of the node. */
export interface ApiContext {
  /** Throws `LOCKED` while the node is locked, so it is asked at each request anew. */
  readonly engine: EngineApi
  readonly clock: Clock
  readonly credentials: Credentials
  readonly events: EventHub
  readonly logger: Logger
  readonly version: string
  /** The directory of the built page. */
  readonly webRoot: string
  /** `http://127.0.0.1:PORT`. */
  url(): string
  status(): Promise<Status>
  doctor(): Promise<Finding[]>
  readonly atRest: AtRest
  /** Small pictures of images that are sent. */
  readonly previews: Previews
  /** Begins a graceful stop; returns at once. */
  stop(): void
}
