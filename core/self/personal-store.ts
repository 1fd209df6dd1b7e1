import type { EventEmitter } from 'node:events'

/** What kinds of things a person's devices share facts about. */
export const PERSONAL_TOPICS = [
  'room',
  'contact',
  'warning',
  'read',
  'draft',
  'profile',
  'device',
] as const
/** One of these; a fact's key is a room's, person's, device's or warning's id. */
export type PersonalTopic = (typeof PERSONAL_TOPICS)[number]

/** Most bytes of a fact's value as JSON: it travels in one record. */
export const MAX_VALUE = 31 * 1024
/** Most bytes of a fact's key in UTF-8. */
export const MAX_KEY = 200

export interface PersonalEvents {
  /** A value is another now, written here or on another device of this person. */
  change: [topic: PersonalTopic, key: string]
}

/** What this person's own devices share: the last write in the personal room's order wins. Values are JSON, at most 31 kB. */
export interface PersonalStore extends EventEmitter<PersonalEvents> {
  /** Undefined when absent. */
  get(topic: PersonalTopic, key: string): unknown
  entries(topic: PersonalTopic): ReadonlyMap<string, unknown>
  /** Null deletes. Durable on this device when it resolves. Errors: `TOO_LARGE`, `DISK_FULL`. */
  set(topic: PersonalTopic, key: string, value: unknown): Promise<void>
}
