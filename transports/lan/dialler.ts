/** Dials what was heard and what is remembered, as dial-policy.ts decides. */
import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { backoff } from './backoff.ts'
import { connect } from './connect.ts'
import { MAX_DIALS, decideDial } from './dial-policy.ts'
import type { DialVerdict } from './dial-policy.ts'
import type { DiscoveryTable, Neighbour } from './discovery-table.ts'
import type { InstanceId } from '../preface/instance-identity.ts'
import { readHostPort } from './lan-address.ts'
import type { LiveLinks } from './live-links.ts'
import { runPreface } from '../preface/preface.ts'
import type { PrefaceResult, PrefaceSelf } from '../preface/preface.ts'
import type { Hello } from '../preface/preface-codec.ts'
import type { RememberedList } from './remembered-addresses.ts'

const CONNECT_MS = 3_000
/** Announcements that come together are looked at together. */
const GATHER_MS = 5
/** How long after `seek()` a silent link is doubted. */
const DOUBT_MS = 6_000
/** A second link to a silent instance is tried no more often. */
const PARALLEL_GAP_MS = 5_000
/** `seek()` probes all that is remembered no more often. */
const PROBE_GAP_MS = 10_000

/** How a dial ended; `error` when there was no connection at all. */
export type DialResult = PrefaceResult | { readonly outcome: 'unreachable'; readonly error: Error }

export interface DiallerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly table: DiscoveryTable
  readonly remembered: RememberedList
  readonly links: LiveLinks
  readonly self: () => PrefaceSelf
  /** Takes over a socket whose preface ended well. */
  readonly onlink: (socket: Socket, peer: Hello, address: string) => void
}

interface Dial {
  readonly id: InstanceId | undefined
  readonly stranger: boolean
  readonly done: Promise<DialResult>
}

/** Works from construction until `close`. */
export class Dialler {
  readonly #options: DiallerOptions
  /** By address. */
  readonly #dials = new Map<string, Dial>()
  /** Instances that a dial under way has reached. */
  readonly #reached = new Set<InstanceId>()
  readonly #abort = new AbortController()
  #doubtUntil = -Infinity
  #probedAt = -Infinity
  #timer: Timer | undefined
  #timerAt = Infinity

  constructor(options: DiallerOptions) {
    this.#options = options
    // One for each dial under way.
    setMaxListeners(0, this.#abort.signal)
  }

  /** Looks soon at what there is to dial; to be called whenever a fact changed. */
  look(): void {
    this.#lookAt(this.#options.clock.monotonic() + GATHER_MS)
  }

  /** Doubts silent links for a moment, and forgives failed addresses. */
  seek(): void {
    const now = this.#options.clock.monotonic()
    if (now - this.#probedAt >= PROBE_GAP_MS) {
      this.#probedAt = now
      this.#options.remembered.probeAll()
    }
    this.#doubtUntil = now + DOUBT_MS
    this.#forgive(now + 1_000)
    this.look()
  }

  /** Tries everything anew, as the network is another one. */
  networkChanged(): void {
    this.#forgive(0)
    this.#options.remembered.probeAll()
    this.look()
  }

  /** Dials one address, or waits for the dial to it that is under way. Never rejects. */
  async dial(address: string, signal?: AbortSignal): Promise<DialResult> {
    const running = this.#dials.get(address)?.done
    return running ?? this.#start(address, undefined, signal)
  }

  /** Stops all dials; resolves once they have ended. */
  async close(): Promise<void> {
    this.#timer?.cancel()
    this.#abort.abort(new Error('stopped'))
    await Promise.all([...this.#dials.values()].map((dial) => dial.done))
  }

  #forgive(notBefore: number): void {
    for (const neighbour of this.#options.table.all()) {
      for (const route of neighbour.routes) route.notBefore = Math.min(route.notBefore, notBefore)
    }
  }

  #lookAt(at: number): void {
    if (this.#abort.signal.aborted || at >= this.#timerAt) return
    const { clock } = this.#options
    this.#timer?.cancel()
    this.#timerAt = at
    this.#timer = clock.after(Math.max(0, at - clock.monotonic()), () => {
      this.#timerAt = Infinity
      this.#dialAll()
    })
  }

  #dialAll(): void {
    const { clock, table, remembered } = this.#options
    const now = clock.monotonic()
    // Devices met before come first: strangers can be forged in any number.
    const neighbours = [...table.all()].reverse()
    const ordered = [...neighbours.filter(isMet), ...neighbours.filter((other) => !isMet(other))]
    for (const neighbour of ordered) {
      const verdict = this.#decide(neighbour, now)
      if (verdict.verdict === 'dial') void this.#start(verdict.address, neighbour)
      else if (verdict.verdict === 'later') this.#lookAt(verdict.at)
    }
    this.#probe(now)
    const due = remembered.nextDue()
    if (due !== undefined) this.#lookAt(Math.max(due, now + 500))
  }

  #decide(neighbour: Neighbour, now: number): DialVerdict {
    const { links, self } = this.#options
    const dials = [...this.#dials.values()]
    const { identity, generation } = self()
    return decideDial({
      now,
      ownId: identity.id,
      ownGeneration: generation,
      doubting: now < this.#doubtUntil,
      dials: dials.length,
      strangerDials: dials.filter((dial) => dial.stranger).length,
      dialsToIt: dials.filter((dial) => dial.id === neighbour.id).length,
      neighbour,
      silentSince: links.silentSince(neighbour.id),
    })
  }

  #probe(now: number): void {
    const { remembered, table, links, random } = this.#options
    const due = remembered.due(now)
    if (due.length === 0) return
    const linked = new Set<string>()
    for (const neighbour of table.all()) {
      if (links.has(neighbour.id)) for (const route of neighbour.routes) linked.add(route.address)
    }
    for (const address of due) {
      if (!linked.has(address) && !this.#dials.has(address)) {
        if (this.#dials.size >= MAX_DIALS) return
        void this.#start(address, undefined)
      }
      remembered.probed(address, now, random.float())
    }
  }

  #start(
    address: string,
    neighbour: Neighbour | undefined,
    signal?: AbortSignal,
  ): Promise<DialResult> {
    const done = this.#carryOut(address, neighbour, signal).finally(() => {
      this.#dials.delete(address)
      this.look()
    })
    const stranger = neighbour !== undefined && !isMet(neighbour)
    this.#dials.set(address, { id: neighbour?.id, stranger, done })
    return done
  }

  async #carryOut(
    address: string,
    neighbour: Neighbour | undefined,
    signal?: AbortSignal,
  ): Promise<DialResult> {
    const { clock, random, self, links, onlink } = this.#options
    const target = readHostPort(address)
    if (!target) return { outcome: 'failed' }
    const parallel = neighbour !== undefined && links.has(neighbour.id)
    let reached: InstanceId | undefined
    const wanted = (peer: Hello): boolean => {
      if (this.#reached.has(peer.id)) return false
      if (links.has(peer.id) && !(parallel && peer.id === neighbour.id)) return false
      this.#reached.add(peer.id)
      reached = peer.id
      return true
    }
    const until = signal ? AbortSignal.any([signal, this.#abort.signal]) : this.#abort.signal
    let result: DialResult
    try {
      const socket = await connect(target, { clock, timeout: CONNECT_MS, signal: until })
      const onabort = (): void => void socket.destroy()
      until.addEventListener('abort', onabort)
      result = await runPreface(socket, {
        clock,
        random,
        self,
        medium: 'lan',
        side: 'dialler',
        wanted,
      })
      until.removeEventListener('abort', onabort)
      this.#note(address, target.host, neighbour, result)
      if (result.outcome === 'common') onlink(socket, result.peer, address)
    } catch (error) {
      result = { outcome: 'unreachable', error: error as Error }
      this.#note(address, target.host, neighbour, result)
    } finally {
      if (reached !== undefined) this.#reached.delete(reached)
    }
    return result
  }

  /** Records what a dial taught about the address, and about who is there. */
  #note(address: string, host: string, expected: Neighbour | undefined, result: DialResult): void {
    const { clock, random, table, remembered } = this.#options
    const now = clock.monotonic()
    const route = expected?.routes.find((other) => other.address === address)
    if (result.outcome === 'self') remembered.forget(address)
    if (!('peer' in result)) {
      if (!route) return
      route.failures += 1
      route.notBefore = now + backoff(route.failures, random.float())
      return
    }
    const { peer } = result
    if (expected && expected.id !== peer.id) {
      // An older instance of that device, or a forged announcement: nobody of that id is there.
      expected.routes.splice(0, Infinity, ...expected.routes.filter((other) => other !== route))
    }
    const met = table.heard({ id: peer.id, address, host, generation: peer.generation }, now)
    if (!met) return
    met.refusal =
      result.outcome === 'stranger'
        ? { ours: result.generation, theirs: peer.generation }
        : undefined
    const there = met.routes.find((other) => other.address === address)
    if (!there || result.outcome !== 'common') return
    there.proven = true
    there.notBefore = Math.max(there.notBefore, now + PARALLEL_GAP_MS)
  }
}

function isMet(neighbour: Neighbour): boolean {
  return neighbour.routes.some((route) => route.proven)
}
