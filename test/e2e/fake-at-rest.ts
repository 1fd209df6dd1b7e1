import { PorchlightError } from '../../core/errors.ts'
import type { AtRest } from '../../node-app/api/context.ts'

/** A passphrase in memory: for the tests of what stands in front of a node. */
export class FakeAtRest implements AtRest {
  isLocked = false
  passphrase: string | null = null
  uses = 0
  wiped = false
  /** Called after each of them. */
  onchange: (what: 'locked' | 'unlocked' | 'wiped') => void = () => {}

  locked(): boolean {
    return this.isLocked
  }

  used(): void {
    this.uses++
  }

  async lock(passphrase?: string): Promise<void> {
    this.passphrase ??= passphrase ?? null
    if (this.passphrase === null) throw new PorchlightError('NOT_ALLOWED', 'No passphrase yet.')
    this.isLocked = true
    this.onchange('locked')
  }

  async unlock(passphrase: string): Promise<void> {
    this.#check(passphrase)
    this.isLocked = false
    this.onchange('unlocked')
  }

  async setPassphrase(current: string | undefined, next: string | null): Promise<void> {
    this.#check(current)
    this.passphrase = next
  }

  async wipe(): Promise<void> {
    this.wiped = true
    this.onchange('wiped')
  }

  #check(passphrase: string | undefined): void {
    if (this.passphrase === null || passphrase === this.passphrase) return
    throw new PorchlightError('WRONG_PASSPHRASE', 'The passphrase is not right.')
  }
}
