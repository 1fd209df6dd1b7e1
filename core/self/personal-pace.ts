import type { PersonalTopic } from './personal-store.ts'

const PACE = 2_000

/**
 * How long a value waits for a newer one before it is written for the other devices (ms): what changes with
 * every key pressed is written every 2 s, and every 2 s for each kB where it is long.
 */
export function writeDelay(topic: PersonalTopic, bytes: number): number {
  if (topic !== 'read' && topic !== 'draft') return 0
  return PACE * Math.max(1, bytes / 1024)
}
