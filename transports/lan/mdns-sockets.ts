/**
 * mDNS on every IPv4 interface. One socket each, bound to all addresses, as a single one finds
 * nothing on a network without a default route.
 */
import multicastDns from 'multicast-dns'
import type { MulticastDNS } from 'multicast-dns'
import type { Clock, Timer } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { plainAddress } from './lan-address.ts'
import { QUESTION, announcement, asksForUs, readSightings } from './mdns-records.ts'
import type { MdnsSighting } from './mdns-records.ts'
import type { Nic } from './nics.ts'

/** Milliseconds after opening at which to query; then rarely. */
const QUERY_AT = [0, 250, 500, 1_000, 2_000, 4_000, 8_000] as const
const QUERY_EVERY_MS = 60_000
/** Answers are shared by all who ask within this time. */
const ANSWER_AFTER_MS = 30
const ANSWER_GAP_MS = 250

export interface MdnsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly nics: readonly Nic[]
  readonly port: number
  readonly self: () => { readonly id: string; readonly port: number }
  readonly onsighting: (sighting: MdnsSighting, host: string) => void
  /** Sending failed in a way that fresh sockets may cure. */
  readonly ontrouble: (error: Error) => void
}

/** Open from construction until `close`. */
export class MdnsSockets {
  readonly #options: MdnsOptions
  readonly #sockets: { readonly nic: Nic; readonly mdns: MulticastDNS }[] = []
  readonly #answers = new Map<MulticastDNS, Timer>()
  readonly #answeredAt = new Map<MulticastDNS, number>()
  #query: Timer | undefined
  #closed = false

  constructor(options: MdnsOptions) {
    this.#options = options
    const addresses = new Set<string>()
    for (const nic of options.nics) {
      if (nic.family !== 4 || addresses.has(nic.address)) continue
      addresses.add(nic.address)
      this.#open(nic)
    }
    this.#scheduleQuery(0)
  }

  /** Asks who is there, now. */
  ask(): void {
    for (const { mdns } of this.#sockets) mdns.query({ questions: [QUESTION] }, this.#onsent)
  }

  /** Tells all that this instance leaves, when `goodbye` is set, then closes every socket. */
  async close(goodbye: boolean): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#query?.cancel()
    for (const timer of this.#answers.values()) timer.cancel()
    await Promise.all(this.#sockets.map(({ nic, mdns }) => this.#shut(nic, mdns, goodbye)))
  }

  #open(nic: Nic): void {
    const mdns = multicastDns({
      port: this.#options.port,
      interface: nic.address,
      bind: '0.0.0.0',
    })
    mdns.on('error', (error) => this.#warn('mdns.error', error))
    // Malformed packets of others arrive here as well.
    mdns.on('warning', (error) => this.#warn('mdns.warning', error))
    mdns.on('query', (packet) => {
      if (!this.#closed && asksForUs(packet.questions, this.#options.self().id)) {
        this.#answerSoon(nic, mdns)
      }
    })
    mdns.on('response', (packet, from) => {
      if (this.#closed) return
      for (const sighting of readSightings(packet)) {
        this.#options.onsighting(sighting, plainAddress(from.address))
      }
    })
    this.#sockets.push({ nic, mdns })
    mdns.on('ready', () => this.#answer(nic, mdns))
  }

  #warn(event: string, error: Error): void {
    if (this.#closed) return
    this.#options.logger.debug(event, { code: (error as NodeJS.ErrnoException).code })
    this.#options.ontrouble(error)
  }

  readonly #onsent = (error: Error | null): void => {
    if (error && !this.#closed) this.#options.ontrouble(error)
  }

  #answerSoon(nic: Nic, mdns: MulticastDNS): void {
    if (this.#answers.has(mdns)) return
    const since = this.#options.clock.monotonic() - (this.#answeredAt.get(mdns) ?? -Infinity)
    const wait = Math.max(ANSWER_AFTER_MS, ANSWER_GAP_MS - since)
    const timer = this.#options.clock.after(wait, () => this.#answer(nic, mdns))
    this.#answers.set(mdns, timer)
  }

  #answer(nic: Nic, mdns: MulticastDNS): void {
    this.#answers.delete(mdns)
    if (this.#closed) return
    this.#answeredAt.set(mdns, this.#options.clock.monotonic())
    const { id, port } = this.#options.self()
    mdns.respond({ answers: announcement(id, port, nic.address) }, this.#onsent)
  }

  #scheduleQuery(step: number): void {
    const at = QUERY_AT[step]
    const before = step > 0 ? (QUERY_AT[step - 1] ?? 0) : 0
    const wait = at === undefined ? QUERY_EVERY_MS : at - before
    this.#query = this.#options.clock.after(wait, () => {
      this.ask()
      this.#scheduleQuery(step + 1)
    })
  }

  #shut(nic: Nic, mdns: MulticastDNS, goodbye: boolean): Promise<void> {
    return new Promise((resolve) => {
      const destroy = (): void => {
        try {
          mdns.destroy(resolve)
        } catch {
          // A socket that never opened is closed already.
          resolve()
        }
      }
      if (!goodbye) return destroy()
      const { id, port } = this.#options.self()
      // An interface that is gone may never report the send, and closing must not wait for it.
      const timer = this.#options.clock.after(200, destroy)
      mdns.respond({ answers: announcement(id, port, nic.address, true) }, () => {
        timer.cancel()
        destroy()
      })
    })
  }
}
