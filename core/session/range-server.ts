import type { Clock } from '../clock.ts'
import type { Connection } from '../connection/connection.ts'
import type { Logger } from '../logger.ts'
import { serveRange } from '../replication/bulk-server.ts'
import type { ContentLog } from '../room/content-log.ts'
import type { Room } from '../room/room.ts'
import { until } from '../until.ts'
import type { BulkRequest, SessionSenders } from './messages.ts'

/** Ranges a peer may have asked for that were not sent yet. */
const MAX_RANGES = 16
/** An entry of the control log is made durable in far less. */
const HOLD_LIMIT = 10_000

/** What serving ranges in a session needs. */
export interface RangeServerOptions {
  readonly room: Room
  readonly connection: Connection
  readonly send: SessionSenders
  readonly clock: Clock
  readonly logger: Logger
}

/** Sends the ranges of a room's content logs that one peer asks for, one after another. */
export class RangeServer {
  readonly #options: RangeServerOptions
  #last: Promise<void> = Promise.resolve()
  #waiting = 0
  #closed = false

  constructor(options: RangeServerOptions) {
    this.#options = options
  }

  /** True while a range is being sent. */
  get busy(): boolean {
    return this.#waiting > 0
  }

  /** Answers a member; one who asks for too much at once is cut off. */
  serve(log: ContentLog, request: BulkRequest): void {
    // A range ends where the author's signature stands, not where the log ends by a removal.
    if (log.limit !== Infinity) return this.#nothing(request.id)
    if (++this.#waiting > MAX_RANGES) {
      return this.#options.connection.close('the peer asked for too much at once')
    }
    this.#last = this.#last
      .then(() => this.#serve(log, request))
      .catch((error: unknown) => {
        if (this.#closed) return
        this.#options.logger.warn('bulk-serve', { error: String(error) })
        this.#nothing(request.id)
      })
      .finally(() => this.#waiting--)
  }

  /** Ranges that wait are not sent any more. */
  close(): void {
    this.#closed = true
  }

  #nothing(id: number): void {
    this.#options.send.bulkEnd.send({ id, length: 0, signature: Buffer.alloc(0) })
  }

  async #serve(log: ContentLog, request: BulkRequest): Promise<void> {
    if (this.#closed || log.core.closing) return
    const { room, send, connection, clock } = this.#options
    const { control } = room
    await serveRange(
      log,
      { ...request, narrow: connection.narrow },
      {
        blocks: async (message) => {
          // On a held connection all would be gathered into one frame, too large for the peer.
          const free = (): boolean => !control.holding
          await until(control, ['released'], free, { clock, ms: HOLD_LIMIT })
          send.bulkBlocks.send(message)
          await connection.drained()
        },
        end: (message) => void send.bulkEnd.send(message),
      },
    )
  }
}
