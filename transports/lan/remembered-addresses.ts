/** Addresses of devices met before: probed from time to time, for networks where announcements are blocked. */
import { isLanAddress, readHostPort } from './lan-address.ts'

export const MAX_REMEMBERED = 64
/** One host can not fill the list with its ports. */
const MAX_PER_HOST = 4
export const PROBE_EVERY_MS = 30_000
/** The wait after a first probe, as the peer may just be starting; doubled until it is the one above. */
const FIRST_WAIT_MS = 1_000

interface Entry {
  /** A link to it was made; others were only handed in. */
  met: boolean
  probeAt: number
  /** Probes since the network was last another one. */
  probes: number
}

export class RememberedList {
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>()
  readonly #loopback: boolean

  constructor(loopback: boolean) {
    this.#loopback = loopback
  }

  /** Newest first. */
  known(): string[] {
    return [...this.#entries.keys()].reverse()
  }

  has(address: string): boolean {
    return this.#entries.has(address)
  }

  /** Takes in addresses of an earlier run, newest first; whatever is not a local address is left out. */
  remember(addresses: readonly string[]): void {
    for (const address of addresses.slice(0, MAX_REMEMBERED).reverse()) {
      if (typeof address !== 'string') continue
      const read = readHostPort(address)
      if (!read || !isLanAddress(read.host, this.#loopback) || this.#entries.has(address)) continue
      this.#put(address, { met: false, probeAt: 0, probes: 0 }, read.host)
    }
  }

  /** Notes an address at which a link was made. */
  met(address: string, now: number): void {
    const host = readHostPort(address)?.host
    if (host === undefined) return
    this.#entries.delete(address)
    const probeAt = now + PROBE_EVERY_MS
    this.#put(address, { met: true, probeAt, probes: 0 }, host)
  }

  forget(address: string): void {
    this.#entries.delete(address)
  }

  /** Addresses to probe now. */
  due(now: number): string[] {
    return [...this.#entries]
      .filter(([, entry]) => entry.probeAt <= now)
      .map(([address]) => address)
  }

  /** When the next one is due; undefined when the list is empty. */
  nextDue(): number | undefined {
    const times = [...this.#entries.values()].map((entry) => entry.probeAt)
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /** Puts a probe off; `chance` in [0, 1) keeps many devices from probing in step. */
  probed(address: string, now: number, chance: number): void {
    const entry = this.#entries.get(address)
    if (!entry) return
    const wait = Math.min(PROBE_EVERY_MS, FIRST_WAIT_MS * 2 ** Math.min(entry.probes, 16))
    entry.probes += 1
    entry.probeAt = now + wait * (0.9 + chance * 0.2)
  }

  /** Makes every address due, and soon again. */
  probeAll(): void {
    for (const entry of this.#entries.values()) Object.assign(entry, { probeAt: 0, probes: 0 })
  }

  #put(address: string, entry: Entry, host: string): void {
    this.#entries.set(address, entry)
    const same = [...this.#entries.keys()].filter((other) => readHostPort(other)?.host === host)
    if (same.length > MAX_PER_HOST) this.#dropOldest(same)
    if (this.#entries.size > MAX_REMEMBERED) this.#dropOldest([...this.#entries.keys()])
  }

  #dropOldest(among: readonly string[]): void {
    const unmet = among.find((address) => this.#entries.get(address)?.met === false)
    const victim = unmet ?? among[0]
    if (victim !== undefined) this.#entries.delete(victim)
  }
}
