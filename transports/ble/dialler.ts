/** Dials those heard on the air, one after another, as dial-policy.ts decides. */
import type { Clock, Timer } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { errorCode } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import { Budget } from '../budget.ts'
import type { BleConnection, Connections, Outcome } from './connections.ts'
import {
  CONTACT_DIALS,
  STALE_MS,
  STRANGER_DIALS,
  chooseDial,
  mostPromising,
  retryDelay,
} from './dial-policy.ts'
import type { DialChoice, DialFailure } from './dial-policy.ts'
import type { Radio } from './radio.ts'
import type { Resolver } from './resolver.ts'
import { admitDial, settle } from './slots-policy.ts'
import type { SlotLimits } from './slots-policy.ts'
import type { ShortLinks } from './short-links.ts'
import type { Seen, SeenAs, Sightings } from './sightings.ts'

/** How long a connection may take to come about. */
export const CONNECT_MS = 5_000
/** What was heard together is looked at together. */
const GATHER_MS = 10
/** Where there was no room or allowance. */
const AGAIN_MS = 1_000

export interface DiallerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly radio: Radio
  readonly resolver: Resolver
  readonly sightings: Sightings
  readonly connections: Connections
  readonly shortLinks: ShortLinks
  readonly ownId: () => string
  readonly limits: () => SlotLimits
  /** Whether the radio may dial now. */
  readonly looking: () => boolean
  /** A dial began or its connection came about, or not. */
  readonly onchange: () => void
}

/** Works from construction until `close`. */
export class Dialler {
  readonly #options: DiallerOptions
  readonly #strangers: Budget
  readonly #contacts: Budget
  #closed = false
  #dial: { readonly seen: Seen; readonly abort: AbortController } | undefined
  /** What goes on by the peer that was dialled, until it is known who is there. */
  readonly #opening = new Map<string, Promise<void>>()
  #timer: Timer | undefined
  #timerAt = Infinity

  constructor(options: DiallerOptions) {
    this.#options = options
    const now = options.clock.monotonic()
    this.#strangers = new Budget(STRANGER_DIALS.most, STRANGER_DIALS.perSecond, now)
    this.#contacts = new Budget(CONTACT_DIALS.most, CONTACT_DIALS.perSecond, now)
  }

  /** Whether a connection is being dialled. */
  get dialling(): boolean {
    return this.#dial !== undefined
  }

  /** Looks soon at whom there is to dial; to be called whenever a fact changed. */
  look(): void {
    this.#lookAt(this.#options.clock.monotonic() + GATHER_MS)
  }

  /** Tries everything anew: with other topics, or as somebody is looked for. */
  forgive(strangers: boolean): void {
    const now = this.#options.clock.monotonic()
    for (const seen of this.#options.sightings.all()) {
      if (strangers || typeof seen.contact === 'string')
        seen.notBefore = Math.min(seen.notBefore, now)
    }
    this.look()
  }

  /** Dials one at once, whatever was decided of it before. */
  dial(seen: Seen): void {
    if (!this.#closed && !this.#dial && !this.#opening.has(seen.peer)) this.#start(seen)
  }

  /** Ends a dial that somebody's own dial made needless. */
  linked(ids: ReadonlySet<string>): void {
    if (this.#dial && ids.has(this.#dial.seen.id)) this.#dial.abort.abort(new Error('linked'))
  }

  /** Stops dialling; resolves once the dial under way has ended. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    this.#dial?.abort.abort(new Error('stopped'))
    await Promise.all(this.#opening.values())
  }

  #lookAt(at: number): void {
    if (this.#closed || at >= this.#timerAt) return
    const { clock } = this.#options
    this.#timer?.cancel()
    this.#timerAt = at
    this.#timer = clock.after(Math.max(0, at - clock.monotonic()), () => {
      this.#timerAt = Infinity
      this.#choose()
    })
  }

  #choose(): void {
    const { clock, looking } = this.#options
    if (this.#closed || this.#dial || !looking()) return
    const now = clock.monotonic()
    const candidates = this.#unlinked(now)
    const certain = candidates.filter((seen) => !this.#standingIn(seen))
    let choice = this.#chooseOf(certain, now)
    if (!choice.dial && certain.length < candidates.length && this.#hasRoom(now))
      choice = this.#chooseOf(candidates, now)
    if (choice.dial) this.#admit(choice.dial, now)
    else if (choice.at < Infinity) this.#lookAt(choice.at)
  }

  #chooseOf(candidates: readonly SeenAs[], now: number): DialChoice<SeenAs> {
    const { random, radio, ownId } = this.#options
    return chooseDial({
      now,
      ownId: ownId(),
      headStart: radio.abilities.bothRoles,
      candidates,
      strangers: candidates.filter(({ contact }) => contact === null).length,
      contactsWelcome: this.#welcomes(true, now),
      strangersWelcome: this.#welcomes(false, now),
      chance: random.float(),
    })
  }

  /**
   * The link with a known device that is seen under an identifier which that link never had. Whoever was told the key
   * can have such a link in the name of the other: each identifier is dialled once, where there is room.
   */
  #standingIn({ id, contact }: Seen): BleConnection | undefined {
    const { connections } = this.#options
    return connections.linkWith(id, null) ? undefined : connections.linkWith(id, contact)
  }

  #hasRoom(now: number): boolean {
    const { connections, limits } = this.#options
    return admitDial(connections.slots, true, limits(), now).verdict === 'in'
  }

  /** Those heard that have no link; who they are is worked out where it was not. */
  #unlinked(now: number): SeenAs[] {
    const { sightings, resolver, connections, shortLinks } = this.#options
    const heard = [...sightings.all()].filter(
      (seen) => now - seen.seen < STALE_MS && !this.#opening.has(seen.peer),
    )
    for (const seen of mostPromising(heard.filter((other) => !isWorkedOut(other))))
      seen.contact = resolver.resolve(seen, now)
    return heard.filter(isWorkedOut).filter((seen) => {
      seen.notBefore = Math.max(seen.notBefore, shortLinks.until(seen.contact ?? seen.id))
      // A radio has one connection with an address.
      const standing = this.#standingIn(seen)?.channel.address === seen.address
      return !connections.has(seen.id) && !standing
    })
  }

  #welcomes(contact: boolean, now: number): boolean {
    const { connections, limits } = this.#options
    const { slots } = connections
    if (admitDial(slots, contact, limits(), now).verdict === 'out') return false
    return settle(slots, contact, limits(), now).verdict !== 'out'
  }

  #admit(seen: Seen, now: number): void {
    const { connections, limits } = this.#options
    const contact = typeof seen.contact === 'string'
    const admission = admitDial(connections.slots, contact, limits(), now)
    if (admission.verdict === 'instead') {
      // Its end is a change, at which this looks again.
      connections.end(admission.ends)
      return this.#lookAt(now + AGAIN_MS)
    }
    if (!(contact ? this.#contacts : this.#strangers).take(1, now))
      return this.#lookAt(now + AGAIN_MS)
    this.#start(seen)
  }

  #start(seen: Seen): void {
    const abort = new AbortController()
    this.#dial = { seen, abort }
    this.#options.onchange()
    const opening = this.#connect(seen, abort).finally(() => this.#opening.delete(seen.peer))
    this.#opening.set(seen.peer, opening)
  }

  async #connect(seen: Seen, abort: AbortController): Promise<void> {
    const { clock, radio, connections, logger, onchange } = this.#options
    const likely = typeof seen.contact === 'string'
    const timer = clock.after(CONNECT_MS, () => abort.abort(new Error('no connection in time')))
    let opened: Promise<Outcome> | undefined
    try {
      const channel = await radio.connect(seen.peer, abort.signal)
      if (abort.signal.aborted) channel.close()
      else opened = connections.open(channel, 'dialler', likely)
    } catch (error) {
      logger.debug('ble.dial', { code: errorCode(error) })
    } finally {
      timer.cancel()
      this.#dial = undefined
      onchange()
    }
    const outcome = opened ? await opened : 'unreachable'
    if (this.#closed) return
    this.#note(seen, outcome)
    this.look()
  }

  #note(seen: Seen, outcome: Outcome | 'unreachable'): void {
    const { clock, random, connections } = this.#options
    const now = clock.monotonic()
    if (outcome === 'full') {
      seen.notBefore = now + AGAIN_MS
    } else if (outcome === 'linked' || outcome === 'again') {
      if (connections.linkWith(seen.id, null)) seen.failures = 0
      // Another one answered than had advertised: nobody of that name is there.
      else this.#fail(seen, 'stranger', random.float())
    } else if (!connections.linkWith(seen.id, null)) {
      this.#fail(seen, outcome, random.float())
    }
  }

  /** Leaves one alone for a while. */
  #fail(seen: Seen, failure: DialFailure, chance: number): void {
    seen.failures += 1
    const linked = this.#standingIn(seen) !== undefined
    const contact = typeof seen.contact === 'string' && !linked
    const now = this.#options.clock.monotonic()
    seen.notBefore = now + retryDelay(linked ? 'stranger' : failure, seen.failures, contact, chance)
  }
}

function isWorkedOut(seen: Seen): seen is SeenAs {
  return seen.contact !== undefined
}
