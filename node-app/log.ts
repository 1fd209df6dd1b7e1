import type { LogFields, Logger } from '../core/logger.ts'
import { PorchlightError } from '../core/errors.ts'

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LEVELS)[number]

/** The level named by LOG_LEVEL, or the given one. Errors: BAD_CONFIG. */
export function logLevel(name: string | undefined, otherwise: LogLevel): LogLevel {
  if (name === undefined || name === '') return otherwise
  const level = LEVELS.find((candidate) => candidate === name.toLowerCase())
  if (level !== undefined) return level
  throw new PorchlightError('BAD_CONFIG', `LOG_LEVEL has to be one of ${LEVELS.join(', ')}.`)
}

/** One line of JSON per event: `time`, `level`, `event`, and the event's fields. */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void,
  now: () => number,
): Logger {
  const from = LEVELS.indexOf(level)
  const at = (name: LogLevel) => {
    if (LEVELS.indexOf(name) < from) return () => {}
    return (event: string, fields: LogFields = {}): void => {
      const time = new Date(now()).toISOString()
      write(`${JSON.stringify({ time, level: name, event, ...fields })}\n`)
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** What may be logged of an error: its message may quote what must not be, its place can not. */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error }
  // The words come before the frames, and may look like one: there is a path in many.
  const { stack = '', message } = error
  const behind = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : ''
  const frame = behind.split('\n').find((line) => line.trimStart().startsWith('at '))
  const { code } = error as NodeJS.ErrnoException
  return { error: error.name, code, at: frame?.trim() }
}
