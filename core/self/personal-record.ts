import { bounded, encode, optional, struct, text, tryDecode } from '../codec/codec.ts'
import type { Codec } from '../codec/codec.ts'
import { MAX_KEY, MAX_VALUE, PERSONAL_TOPICS } from './personal-store.ts'
import type { PersonalTopic } from './personal-store.ts'

/** One write to what own devices share: the payload of `KIND_PERSONAL`. */
export interface PersonalFact {
  topic: PersonalTopic
  key: string
  /** Its value; null when it was deleted. */
  json: string | null
}

interface WireFact {
  topic: number
  key: string
  json: string | null
}

const fact: Codec<WireFact> = struct({
  topic: bounded(PERSONAL_TOPICS.length - 1),
  key: text(MAX_KEY),
  json: optional(text(MAX_VALUE)),
})

/** The bytes of a fact, for a record. */
export function encodeFact({ topic, key, json }: PersonalFact): Buffer {
  return encode(fact, { topic: PERSONAL_TOPICS.indexOf(topic), key, json })
}

/** Null for anything ill-formed, of a topic that is not known, or whose value is not JSON. */
export function decodeFact(payload: Buffer): PersonalFact | null {
  const decoded = tryDecode(fact, payload)
  if (!decoded || decoded.key === '') return null
  try {
    // Null is how a value is deleted, and has a form of its own.
    if (decoded.json !== null && JSON.parse(decoded.json) === null) return null
  } catch {
    return null
  }
  return { ...decoded, topic: PERSONAL_TOPICS[decoded.topic]! }
}
