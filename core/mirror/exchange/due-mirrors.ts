import type { LinkHost } from './link-host.ts'
import type { MirrorSet } from './mirror-set.ts'
import type { SharedMirror } from './shared-mirror.ts'

/** How often logs of which nothing was wanted are looked at again. */
const LOOK_AGAIN = 1_000

/** What is to be done later about mirrors of one link: logs that rest, logs nobody wanted, words that were missed. */
export class DueMirrors {
  readonly #host: LinkHost
  readonly #mirrors: MirrorSet
  readonly #ask: (mirror: SharedMirror) => void
  /** Until when each is not asked about anew (monotonic ms). */
  readonly #due = new Map<SharedMirror, number>()

  /** `ask`: has the other end say again what it has. */
  constructor(host: LinkHost, mirrors: MirrorSet, ask: (mirror: SharedMirror) => void) {
    this.#host = host
    this.#mirrors = mirrors
    this.#ask = ask
  }

  /** It is looked at from now on; what was missed of it is asked for once `ms` are over. */
  add(mirror: SharedMirror, ms = -Infinity): void {
    const before = this.#due.get(mirror) ?? -Infinity
    this.#due.set(mirror, Math.max(before, this.#host.clock.monotonic() + ms))
  }

  delete(mirror: SharedMirror): void {
    this.#due.delete(mirror)
  }

  clear(): void {
    this.#due.clear()
  }

  /** A second passed. */
  tick(): void {
    if (this.#due.size === 0) return
    const now = this.#host.clock.monotonic()
    let woken = false
    for (const [mirror, at] of this.#due) {
      if (mirror.wanted.wake(now)) {
        this.#mirrors.want(mirror)
        woken = true
      }
      if (mirror.again) this.reconsider(mirror)
      if (mirror.again || !mirror.wanted.settled || at > now) continue
      this.#due.delete(mirror)
      if (!mirror.wanted.missed) continue
      mirror.wanted.missed = false
      this.#ask(mirror)
    }
    if (woken) this.#host.fetch()
  }

  /** A room learns from its control log which logs are its own; a peer can name very many that are not. */
  reconsider(mirror: SharedMirror): void {
    if (!mirror.wanted.hasAside) return
    const now = this.#host.clock.monotonic()
    mirror.again = now < mirror.lookedAt + LOOK_AGAIN
    if (mirror.again) return this.add(mirror)
    mirror.lookedAt = now
    void this.#host.guarded(() => this.#look(mirror))
  }

  async #look(mirror: SharedMirror): Promise<void> {
    const here = new Map<string, number>()
    for (const { key, spans } of await mirror.shared.copy.heads()) {
      here.set(key.toString('hex'), spans.at(-1)?.to ?? 0)
    }
    if (this.#mirrors.get(mirror.id) !== mirror || !mirror.wanted.reconsider(here)) return
    this.#mirrors.want(mirror)
    this.#host.fetch()
  }
}
