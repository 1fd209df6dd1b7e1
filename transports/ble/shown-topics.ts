/** What a device shows in a preface, as secrets whose hashes go over the air. */
import { createHmac } from 'node:crypto'
import { proofOf } from './resolver.ts'

/** A joined topic, and whether this device is found there. */
export interface JoinedTopic {
  readonly topic: Uint8Array
  readonly announce: boolean
}

export interface ShownTopics {
  readonly topics: readonly Uint8Array[]
  readonly meeting: readonly Uint8Array[]
}

/**
 * The topics, newest last, then the names of the links that stand and the proof of the recognition key: those that
 * share one of them know it again. Two that only look for a topic do not meet there.
 */
export function shownTopics(
  joined: readonly JoinedTopic[],
  links: readonly Uint8Array[],
  own: Uint8Array | undefined,
): ShownTopics {
  const found = (topic: Uint8Array): Buffer => named(topic, 'found')
  const looking = (topic: Uint8Array): Buffer => named(topic, 'looking')
  return {
    topics: [
      ...joined.map(({ topic, announce }) => (announce ? found(topic) : looking(topic))),
      ...links,
      ...(own ? [proofOf(own)] : []),
    ],
    meeting: joined.flatMap(({ topic, announce }) =>
      announce ? [found(topic), looking(topic)] : [found(topic)],
    ),
  }
}

function named(topic: Uint8Array, how: 'found' | 'looking'): Buffer {
  return createHmac('sha256', topic).update(`porchlight/ble/${how}/1`).digest()
}
