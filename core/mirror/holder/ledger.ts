import type { Used } from '../policy/quota.ts'
import type { Account } from './account.ts'

/** What an account costs beside what was brought: a directory and its files. */
export const ENTRY = 4 * 1024

/** Who has how much here, in sums that stay up to date. */
export class Ledger {
  readonly #byDepositor = new Map<string, number>()
  readonly #byAddress = new Map<string, number>()
  readonly #accounts = new Map<string, number>()
  readonly #members = new Map<string, number>()
  #total = 0
  #unpaired = 0

  /** Bytes of all accounts. */
  get total(): number {
    return this.#total
  }

  /** How many accounts an address has, of those who share no room with this device. */
  accountsAt(address: string): number {
    return this.#accounts.get(address) ?? 0
  }

  /** How many depositors there are. */
  get depositors(): number {
    return this.#byDepositor.size
  }

  /** Counts an account. */
  add(account: Account): void {
    this.#count(account, 1)
  }

  /** Counts it no more. */
  remove(account: Account): void {
    this.#count(account, -1)
  }

  /** Changes an account, which is counted. */
  change(account: Account, how: (account: Account) => void): void {
    this.#count(account, -1)
    how(account)
    this.#count(account, 1)
  }

  /** What is held, seen from a depositor (null: one who has deposited nothing) at an address. */
  used(
    depositor: Buffer | null,
    address: string,
  ): Pick<Used, 'total' | 'unpaired' | 'depositor' | 'address' | 'members'> {
    const name = depositor?.toString('hex')
    return {
      total: this.#total,
      unpaired: this.#unpaired,
      depositor: name === undefined ? 0 : (this.#byDepositor.get(name) ?? 0),
      address: this.#byAddress.get(address) ?? 0,
      members: this.#members.get(address) ?? 0,
    }
  }

  #count({ depositor, address, paired, bytes, items = 0 }: Account, sign: 1 | -1): void {
    const cost = sign * (bytes + items + ENTRY)
    this.#total += cost
    if (depositor) sum(this.#byDepositor, depositor.toString('hex'), cost)
    if (paired) return sum(this.#members, address, cost)
    this.#unpaired += cost
    sum(this.#byAddress, address, cost)
    sum(this.#accounts, address, sign)
  }
}

function sum(sums: Map<string, number>, name: string, by: number): void {
  const value = (sums.get(name) ?? 0) + by
  if (value > 0) sums.set(name, value)
  else sums.delete(name)
}
