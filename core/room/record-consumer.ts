import type { ContentLog } from './content-log.ts'
import type { RecordBody } from './record.ts'

/** A record that found its place in the timeline. */
export interface PlacedRecord {
  readonly log: ContentLog
  readonly seq: number
  readonly body: RecordBody
  /** The epoch that it is sealed in. */
  readonly epoch: number
  /** Bytes of its block. */
  readonly size: number
}

/**
 * Learns from each record of a room as it is placed: once, or again when a record is placed anew, in no order but
 * that of each log. What it learned is saved beside the timeline, in one file, and rebuilt when that is gone.
 */
export interface RecordConsumer {
  /** Names its part of the snapshot. */
  readonly name: string
  /** Synchronous and cheap; taking the same place twice changes nothing. Never throws. */
  take(record: PlacedRecord): void
  save(): Buffer
  /** Throws for what `save` did not write; then all is rebuilt. */
  load(data: Buffer): void
  /** Forgets everything: the records will be taken again from the first. */
  reset(): void
}
