import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import { FilePasses } from './file-passes.ts'

const CODE_LIFETIME = 10 * 60_000
const MAX_CODES = 16
const FAILURE_WINDOW = 60_000
const MAX_FAILURES = 20

/** Equal in constant time, whatever the lengths. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Who asks: a program of this user, which may name any path on this computer, or the page, which may not. */
export type Caller = 'program' | 'page'

/** The tokens of one run of the node, and the one-time codes that a browser trades for the page's. */
export class Credentials {
  /** Of programs: what can read api.json can read the user's files too. */
  readonly token: string
  /** Of the page, which shows what strangers wrote. */
  readonly pageToken: string
  /** What opens the bytes of one file where no token can be sent. */
  readonly files: FilePasses
  readonly #clock: Clock
  readonly #random: Random
  /** Code → the monotonic time at which it ends; oldest first. */
  readonly #codes = new Map<string, number>()
  #failures: number[] = []

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
    this.token = random.bytes(32).toString('base64url')
    this.pageToken = random.bytes(32).toString('base64url')
    this.files = new FilePasses(random)
  }

  /** Whose token `Bearer TOKEN` holds; undefined for none of this run. */
  callerOf(header: string | undefined): Caller | undefined {
    const token = /^Bearer ([\w-]{1,128})$/i.exec(header ?? '')?.[1]
    if (token === undefined) return undefined
    const program = equal(token, this.token)
    const page = equal(token, this.pageToken)
    return program ? 'program' : page ? 'page' : undefined
  }

  /** A fresh code: good once, for ten minutes. The oldest of too many is dropped. */
  issueCode(): string {
    const code = this.#random.bytes(24).toString('base64url')
    this.#codes.set(code, this.#clock.monotonic() + CODE_LIFETIME)
    for (const oldest of this.#codes.keys()) {
      if (this.#codes.size <= MAX_CODES) break
      this.#codes.delete(oldest)
    }
    return code
  }

  /** The page's token for a good code. Errors: UNAUTHORIZED; OVERLOADED after too many wrong ones. */
  redeem(code: string): string {
    const now = this.#clock.monotonic()
    this.#failures = this.#failures.filter((at) => now - at < FAILURE_WINDOW)
    if (this.#failures.length >= MAX_FAILURES) {
      throw new PorchlightError('OVERLOADED', 'Too many wrong codes: wait a minute and try again.')
    }
    const known = [...this.#codes].find(([candidate]) => equal(candidate, code))
    if (known !== undefined) this.#codes.delete(known[0])
    if (known === undefined || known[1] <= now) {
      this.#failures.push(now)
      throw new PorchlightError(
        'UNAUTHORIZED',
        'This link was used already or is too old: get a fresh one with `porchlight open`.',
      )
    }
    return this.pageToken
  }
}
