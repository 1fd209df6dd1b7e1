/** What a log line may carry: numbers, flags and short names. Never a key, never message text. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Structured logging: an event name and its fields. */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

const nothing = (): void => {}

/** Drops everything. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
