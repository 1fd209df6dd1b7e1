import { logPrefix } from '../control/log-prefix.ts'

/** A message's id: the first 16 hex digits of its log's key (unique in a room), and its sequence. */
export function messageId(log: Buffer, seq: number): string {
  return `${logPrefix(log)}-${seq}`
}

/** The parts of an id, or null when it is none. */
export function parseMessageId(id: string): { prefix: string; seq: number } | null {
  const match = /^([0-9a-f]{16})-(0|[1-9]\d{0,14})$/.exec(id)
  return match && { prefix: match[1]!, seq: Number(match[2]) }
}
