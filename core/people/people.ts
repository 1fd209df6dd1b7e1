import type { PeopleApi, VerificationView, WarningView } from '../api.ts'
import type { Clock } from '../clock.ts'
import { equal, hash } from '../crypto/hash.ts'
import { PorchlightError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { PersonalStore } from '../self/personal-store.ts'
import { confusable, rememberedLook } from './confusable.ts'
import type { Look } from './confusable.ts'
import { takenNames } from './name-watch.ts'
import type { Named } from './name-watch.ts'
import {
  formatVerification,
  isWholeCode,
  parseVerification,
  sameCode,
  verificationCode,
} from './verification-code.ts'

/** Warnings kept; the oldest acknowledged ones give way, then no more are added. */
const MAX_WARNINGS = 256

/** What this person noted of another. */
interface Contact {
  /** Wall-clock ms at which the keys were compared, and the name that they went by then. */
  verifiedAt?: number
  name?: string
  blocked?: boolean
}

type Kept = Omit<WarningView, 'id'> & { acknowledged?: boolean }

export interface PeopleOptions {
  readonly store: PersonalStore
  /** This person's key: another one once the device was paired. */
  readonly person: () => Buffer
  readonly name: () => string
  /** Every person of this device's rooms. */
  readonly known: () => Iterable<Named>
  readonly clock: Clock
  readonly logger: Logger
  /** A person was verified, blocked or warned of, here or on another device of this person. */
  readonly onchange: (person: string | null) => void
  /** What a name looks like at a glance, asked for once a name; its skeleton by default. */
  readonly look?: Look
}

/** Whom this person verified, blocked, or was warned of: shared among their own devices. */
export class People implements PeopleApi {
  readonly #options: PeopleOptions
  readonly #look: Look
  /** Asked for each message that is shown, so kept beside the facts. */
  readonly #verified = new Set<string>()
  readonly #blocked = new Set<string>()

  constructor(options: PeopleOptions) {
    this.#options = options
    this.#look = rememberedLook(options.look)
    const { store, onchange } = options
    for (const person of store.entries('contact').keys()) this.#take(person)
    store.on('change', (topic, key) => {
      if (topic === 'contact') {
        this.#take(key)
        onchange(key)
      } else if (topic === 'warning') onchange(null)
    })
  }

  verified(person: string): boolean {
    return this.#verified.has(person)
  }

  blocked(person: string): boolean {
    return this.#blocked.has(person)
  }

  /** Members as this person knows them. */
  describe<T extends Named>(
    members: readonly T[],
  ): (T & { verified: boolean; blocked: boolean; confusable: boolean })[] {
    const alike = confusable(members, this.#look)
    return members.map((member) => ({
      ...member,
      verified: this.verified(member.id),
      blocked: this.blocked(member.id),
      confusable: alike.has(member.id),
    }))
  }

  verification(person: string): VerificationView {
    this.#find(person)
    return {
      code: verificationCode(this.#options.person(), Buffer.from(person, 'hex')),
      qr: formatVerification(this.#options.person()),
      verified: this.verified(person),
    }
  }

  async verify(
    person: string,
    proof: { qr?: string; code?: string; confirmed?: true },
  ): Promise<void> {
    const { name } = this.#find(person)
    if (!this.#holds(person, proof)) {
      const words = `The code that was shown does not belong to the key of “${name}” in your rooms. Someone may be posing as them. Nothing was marked as verified; messages of “${name}” are not proven to be theirs. Compare again, in person and with this very device.`
      await this.#warn('code-mismatch', person, undefined, words)
      throw new PorchlightError('MISMATCH', words)
    }
    await this.#note(person, {
      ...this.#contact(person),
      verifiedAt: this.#options.clock.now(),
      name,
    })
  }

  async unverify(person: string): Promise<void> {
    const { verifiedAt: _, name: __, ...rest } = this.#contact(person)
    await this.#note(person, rest)
  }

  async block(person: string, on: boolean): Promise<void> {
    if (person === this.#options.person().toString('hex')) {
      throw new PorchlightError('BAD_REQUEST', 'This is you: one can not block oneself.')
    }
    if (on) this.#find(person)
    const { blocked: _, ...rest } = this.#contact(person)
    await this.#note(person, on ? { ...rest, blocked: true } : rest)
  }

  warnings(): WarningView[] {
    return this.#kept()
      .filter(([, warning]) => warning.acknowledged !== true)
      .map(([id, { kind, person, roomId, words, at }]) => {
        return { id, kind, person, ...(roomId !== undefined && { roomId }), words, at }
      })
      .sort((a, b) => b.at - a.at)
  }

  async acknowledge(id: string): Promise<void> {
    const warning = this.#options.store.get('warning', id) as Kept | undefined
    if (!warning) throw new PorchlightError('NOT_FOUND', 'There is no such warning any more.')
    await this.#options.store.set('warning', id, { ...warning, acknowledged: true })
  }

  /** Looks at a room's people: who took the name of someone verified is warned of, once until acknowledged. */
  watch(roomId: string, people: readonly Named[]): void {
    this.#watch(roomId, people).catch((error: unknown) => {
      this.#options.logger.warn('warning-not-kept', { error: String(error) })
    })
  }

  async #watch(roomId: string, people: readonly Named[]): Promise<void> {
    const { person, name } = this.#options
    const verified = [...this.#options.store.entries('contact')].flatMap(([id, value]) => {
      const { verifiedAt, name: known } = value as Contact
      return verifiedAt === undefined || known === undefined ? [] : [{ id, name: known }]
    })
    const self = { id: person().toString('hex'), name: name() }
    for (const taken of takenNames(people, verified, self, this.#look)) {
      const whose = taken.self ? 'you' : `“${taken.of.name}”, whom you verified`
      const words = `Someone with another key goes by a name like that of ${whose}. What they write is not from ${taken.self ? 'you' : `the person you verified`}; their messages carry the short id ${taken.person.slice(0, 8)}. If it is the same person with a new start, compare codes with them in person again.`
      await this.#warn('name-taken', taken.person, roomId, words)
    }
  }

  #holds(person: string, proof: { qr?: string; code?: string; confirmed?: true }): boolean {
    if (proof.qr !== undefined) {
      const key = parseVerification(proof.qr)
      if (!key) {
        throw new PorchlightError(
          'BAD_REQUEST',
          'This is not a code that Porchlight shows for verifying. Scan the one under the person’s own “Verify”.',
        )
      }
      if (equal(key, this.#options.person())) {
        throw new PorchlightError(
          'BAD_REQUEST',
          'This is your own code. Scan, or copy, the one on the screen of the other person.',
        )
      }
      return equal(key, Buffer.from(person, 'hex'))
    }
    if (proof.code !== undefined) {
      if (!isWholeCode(proof.code)) {
        throw new PorchlightError(
          'BAD_REQUEST',
          'A code has thirty digits, in six groups of five. Nothing was compared; type all of it.',
        )
      }
      return sameCode(proof.code, this.verification(person).code)
    }
    if (proof.confirmed === true) return true
    throw new PorchlightError('BAD_REQUEST', 'Give the code or the QR text that the other shows.')
  }

  #take(person: string): void {
    const { verifiedAt, blocked } = this.#contact(person)
    if (verifiedAt === undefined) this.#verified.delete(person)
    else this.#verified.add(person)
    if (blocked === true) this.#blocked.add(person)
    else this.#blocked.delete(person)
  }

  #find(person: string): Named {
    for (const named of this.#options.known()) if (named.id === person) return named
    throw new PorchlightError('NOT_FOUND', 'There is no such person in your rooms.')
  }

  #contact(person: string): Contact {
    return (this.#options.store.get('contact', person) as Contact | undefined) ?? {}
  }

  #note(person: string, contact: Contact): Promise<void> {
    const empty = Object.keys(contact).length === 0
    return this.#options.store.set('contact', person, empty ? null : contact)
  }

  #kept(): [string, Kept][] {
    return [...this.#options.store.entries('warning')] as [string, Kept][]
  }

  async #warn(
    kind: WarningView['kind'],
    person: string,
    roomId: string | undefined,
    words: string,
  ): Promise<void> {
    const { store, clock } = this.#options
    const id = hash([Buffer.from(`${kind}/${person}`)], { size: 16 }).toString('hex')
    const known = store.get('warning', id) as Kept | undefined
    // A name that was looked at and accepted is not warned of again; a wrong code is, each time.
    if (known && (kind === 'name-taken' || known.acknowledged !== true)) return
    const kept = this.#kept()
    if (!known && kept.length >= MAX_WARNINGS) {
      const old = kept.find(([, warning]) => warning.acknowledged === true)
      if (!old) return
      await store.set('warning', old[0], null)
    }
    await store.set('warning', id, {
      kind,
      person,
      ...(roomId !== undefined && { roomId }),
      words,
      at: clock.now(),
    })
  }
}
