import type { ApiClient } from './client.ts'
import type { Io } from './io.ts'
import type { Output } from './output.ts'

/** What every command works with. `dir` and `out` follow the options of this call. */
export interface CommandContext {
  readonly io: Io
  readonly dir: () => string
  readonly out: () => Output
  /** The running node. Errors: NOT_RUNNING. */
  readonly client: () => Promise<ApiClient>
}
