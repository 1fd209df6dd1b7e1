/** Recognises known devices by what they advertise and by what they prove, with bounded work. */
import { createHash, createHmac } from 'node:crypto'
import { Budget } from '../budget.ts'
import type { PrefaceProof } from '../preface/preface.ts'
import { topicHash } from '../preface/preface-codec.ts'
import { tagOf } from './identifier.ts'
import type { Identifier } from './identifier.ts'

/** Keys that count. */
export const MAX_KEYS = 1_024
/** Tags worked out at once, and in a second: what a crowd of unknown advertisements can cost. */
const TRIES_AT_ONCE = 32 * MAX_KEYS
const TRIES_PER_SECOND = 16 * MAX_KEYS
const MAX_CACHED = 1_024
const KEY_BYTES = 32

/** A short name of a known device, made from its recognition key; says nothing to those who have not got the key. */
export type Contact = string

interface Known {
  readonly contact: Contact
  readonly key: Uint8Array
  /** What it shows of itself on a connection. */
  readonly proof: Buffer
}

export class Resolver {
  #known: readonly Known[] = []
  readonly #cached = new Map<string, Contact | null>()
  readonly #budget: Budget

  constructor(now: number) {
    this.#budget = new Budget(TRIES_AT_ONCE, TRIES_PER_SECOND, now)
  }

  /** Replaces the keys; what was worked out before is void. */
  setKeys(known: readonly Uint8Array[]): void {
    this.#cached.clear()
    this.#known = known
      .filter((key) => key.length === KEY_BYTES)
      .slice(0, MAX_KEYS)
      .map((key) => ({ key, contact: contactOf(key), proof: proofOf(key) }))
  }

  /** Who advertises that: null for a stranger, undefined while there is too much to work out. */
  resolve({ id, tag }: Identifier, now: number): Contact | null | undefined {
    if (this.#known.length === 0) return null
    const name = id + tag.toString('hex')
    const cached = this.#cached.get(name)
    if (cached !== undefined) return cached
    if (!this.#budget.take(this.#known.length, now)) return undefined
    const nonce = Buffer.from(id, 'hex')
    const found = this.#known.find(({ key }) => tagOf(key, nonce).equals(tag))?.contact ?? null
    if (this.#cached.size >= MAX_CACHED) this.#cached.delete(this.#cached.keys().next().value!)
    this.#cached.set(name, found)
    return found
  }

  /** Which known device proved its key in a preface; null for a stranger. */
  proven({ shown, bound }: PrefaceProof): Contact | null {
    return this.#known.find(({ proof }) => shown.has(topicHash(proof, bound)))?.contact ?? null
  }
}

/** What a device shows in a preface to those who have its recognition key. */
export function proofOf(key: Uint8Array): Buffer {
  return createHmac('sha256', key).update('porchlight/ble/proof/1').digest()
}

function contactOf(key: Uint8Array): Contact {
  const digest = createHash('sha256').update('porchlight/ble/contact/1').update(key).digest('hex')
  return digest.slice(0, 16)
}
