import type { MemberView, PeopleApi, VerificationView, WarningView } from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'

export const FAKE_CODE = '12345 23456 34567 45678 56789 67890'

/** Persons of a fake engine: one code for all, and a warning for each wrong one. */
export class FakePeople implements PeopleApi {
  readonly #members: ReadonlyMap<string, MemberView>
  readonly #changed: () => void
  readonly verified = new Set<string>()
  readonly blocked = new Set<string>()
  #warnings: WarningView[] = []

  constructor(members: ReadonlyMap<string, MemberView>, changed: () => void) {
    this.#members = members
    this.#changed = changed
  }

  verification(person: string): VerificationView {
    this.#known(person)
    const qr = `porchlight-verify:${person.slice(0, 8)}`
    return { code: FAKE_CODE, qr, verified: this.verified.has(person) }
  }

  async verify(
    person: string,
    proof: { qr?: string; code?: string; confirmed?: true },
  ): Promise<void> {
    this.#known(person)
    const { qr, code, confirmed } = proof
    const right = confirmed === true || code === FAKE_CODE || qr === this.verification(person).qr
    if (!right) {
      this.warn(person, 'code-mismatch')
      throw new PorchlightError('MISMATCH', 'The code does not fit this key: do not trust it.')
    }
    this.verified.add(person)
    this.#changed()
  }

  async unverify(person: string): Promise<void> {
    this.verified.delete(person)
    this.#changed()
  }

  async block(person: string, on: boolean): Promise<void> {
    if (on) this.blocked.add(person)
    else this.blocked.delete(person)
    this.#changed()
  }

  warnings(): readonly WarningView[] {
    return this.#warnings
  }

  async acknowledge(warning: string): Promise<void> {
    this.#warnings = this.#warnings.filter(({ id }) => id !== warning)
    this.#changed()
  }

  warn(person: string, kind: WarningView['kind']): void {
    const id = `${this.#warnings.length + 1}`.padStart(16, 'f')
    const words = 'The key does not fit. What you wrote is safe. Compare the codes in person.'
    this.#warnings.push({ id, kind, person, words, at: 1_800_000_000_000 })
    this.#changed()
  }

  #known(person: string): void {
    if (!this.#members.has(person)) throw new PorchlightError('NOT_FOUND', 'No such person.')
  }
}
