import type { EngineApi } from '../../core/api.ts'
import type { Logger } from '../../core/logger.ts'
import type { Credentials } from './credentials.ts'
import type { EventHub } from './event-hub.ts'
import type { Finding, Status } from './schemas.ts'

/** All that the routes need of the node. */
export interface ApiContext {
  readonly engine: EngineApi
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
  /** Begins a graceful stop; returns at once. */
  stop(): void
}
