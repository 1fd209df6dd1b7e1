/**
 * How one device asks for another among strangers. What the tags are made with is known to the two devices alone
 * (X25519 of their device keys), and each find has other tags: nobody else can tell whom a find looks for, link two
 * finds, or answer one. Bearers of an invite can not look for members with it.
 */
import type { KeyPair } from 'hypercore'
import { curveKey, curvePair, sharedKey } from '../crypto/box.ts'
import { derive, hash } from '../crypto/hash.ts'
import { shuffle } from '../random.ts'
import type { Random } from '../random.ts'
import { FIND_TAG, MAX_TAGS } from './messages.ts'

const DAY = 24 * 60 * 60 * 1_000
/** Tags are sent in multiples of this, so that their number says little. */
const PADDING = 8
/** Bytes of an answer that are fresh; the others, few as they are, can be tried by asking us alone. */
export const ANSWER_SALT = 8

/** What two devices alone know (32 bytes), from one's key pair and the other's key; null where that is no key. */
export function pairSecret(own: KeyPair, device: Uint8Array): Buffer | null {
  const curve = curveKey(device)
  const shared = curve && sharedKey(curvePair(own).secretKey, curve)
  return shared && derive(shared, 'circuit-pair')
}

/** The day by a device's clock; a find is answered for a day either way, so that an old one is of no use to others. */
export function dayOf(now: number): number {
  return Math.floor(now / DAY)
}

/** The tag by which a seeker (its device key) looks for the other device of the pair. */
export function findTag(secret: Buffer, id: Buffer, day: number, seeker: Buffer): Buffer {
  return tag(secret, 'find', id, day, seeker)
}

/**
 * What the other device answers to that, with fresh bytes of its own: who plays a find that was recorded again, sees
 * another answer.
 */
export function answerTo(
  secret: Buffer,
  id: Buffer,
  day: number,
  seeker: Buffer,
  fresh: Uint8Array,
): Buffer {
  const salt = Buffer.from(fresh).subarray(0, ANSWER_SALT)
  const proof = tag(secret, 'found', id, day, seeker, salt)
  return Buffer.concat([salt, proof.subarray(0, FIND_TAG - ANSWER_SALT)])
}

/** True for an answer that the other device made. */
export function isAnswer(
  answer: Buffer,
  secret: Buffer,
  id: Buffer,
  day: number,
  seeker: Buffer,
): boolean {
  return answerTo(secret, id, day, seeker, answer).equals(answer)
}

/** The tags in random order, padded with random ones to a multiple of 8. */
export function paddedFind(tags: readonly Buffer[], random: Random): Buffer[] {
  const out = tags.slice(0, MAX_TAGS)
  while (out.length % PADDING > 0) out.push(random.bytes(FIND_TAG))
  return shuffle(out, random)
}

function tag(
  secret: Buffer,
  label: string,
  id: Buffer,
  day: number,
  seeker: Buffer,
  salt: Buffer = Buffer.alloc(0),
): Buffer {
  const when = Buffer.alloc(8)
  when.writeDoubleLE(day)
  return hash([Buffer.from(label), id, when, seeker, salt], { key: secret, size: FIND_TAG })
}
