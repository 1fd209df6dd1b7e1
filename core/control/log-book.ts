import { logPrefix } from './log-prefix.ts'
import type { Reaches } from './cut.ts'
import type { KnownLog } from './room-state.ts'

type Quiet = 'muted' | 'reader'

interface Log {
  readonly key: Buffer
  readonly publicKey: Buffer
  readonly device: string
  readonly person: string
  end: number | null
  readonly past: [number, number][]
  /** Since which record its author is to be silent, and why. */
  readonly quiet: Map<Quiet, number>
}

/** The room's content logs: whose they are, where they end, and which records of them show nothing. */
export class LogBook {
  readonly #logs = new Map<string, Log>()
  readonly #byPrefix = new Map<string, Log>()
  readonly #byPerson = new Map<string, Log[]>()

  /** The device of the log with these first 8 bytes of its key. */
  owner(prefix: string): string | undefined {
    return this.#byPrefix.get(prefix)?.device
  }

  /** The person of a log. */
  author(key: Buffer): string | undefined {
    return this.#logs.get(key.toString('hex'))?.person
  }

  /** A log that its device declared; the first declaration holds. */
  add(key: Buffer, publicKey: Buffer, device: string, person: string, quiet: Quiet[]): void {
    const hex = key.toString('hex')
    if (this.#logs.has(hex)) return
    const silent = new Map(quiet.map((why) => [why, 0] as const))
    const log: Log = { key, publicKey, device, person, end: null, past: [], quiet: silent }
    this.#logs.set(hex, log)
    this.#byPrefix.set(logPrefix(key), log)
    this.#byPerson.set(person, [...(this.#byPerson.get(person) ?? []), log])
  }

  /** The logs of a person, or of one device of theirs, end where the author of the act knew them to. */
  end(person: string, device: string | null, cut: Reaches): void {
    for (const log of this.#of(person)) {
      if (device !== null && log.device !== device) continue
      log.end = Math.min(log.end ?? Infinity, cut.get(logPrefix(log.key)) ?? 0)
    }
  }

  /** What these logs hold from the cut on is not heard, until `unhush`. */
  hush(person: string, why: Quiet, cut: Reaches): void {
    for (const log of this.#of(person)) {
      const from = cut.get(logPrefix(log.key)) ?? 0
      log.quiet.set(why, Math.min(from, log.quiet.get(why) ?? from))
    }
  }

  /** They are heard again from this cut on. */
  unhush(person: string, why: Quiet, cut: Reaches): void {
    for (const log of this.#of(person)) {
      const from = log.quiet.get(why)
      if (from === undefined) continue
      log.quiet.delete(why)
      const to = cut.get(logPrefix(log.key)) ?? 0
      if (to > from) log.past.push([from, to])
    }
  }

  /** The logs as a room's state tells of them. */
  entries(): Map<string, KnownLog> {
    return new Map([...this.#logs].map(([hex, log]) => [hex, picture(log)]))
  }

  #of(person: string): readonly Log[] {
    return this.#byPerson.get(person) ?? []
  }
}

function picture({ quiet, past, ...log }: Log): KnownLog {
  const still = [...quiet.values()].map((from) => [from, null] as const)
  return { ...log, silenced: [...past, ...still] }
}
