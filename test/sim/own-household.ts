import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineApi } from '../../core/api.ts'
import { systemClock } from '../../core/clock.ts'
import type { Clock } from '../../core/clock.ts'
import { openEngine } from '../../core/engine.ts'
import { restorePerson } from '../../core/identity/restore.ts'
import type { RestoreOptions } from '../../core/identity/restore.ts'
import { silentLogger } from '../../core/logger.ts'
import type { Logger } from '../../core/logger.ts'
import { seededRandom, systemRandom } from '../../core/random.ts'
import { MemoryNetwork } from '../../transports/memory/index.ts'
import { until } from '../compliance/until.ts'

/** Computers of a few people on one simulated network, each a real engine on its own data. */
export class Household {
  readonly network = new MemoryNetwork({
    clock: systemClock,
    random: seededRandom(1),
    reconnect: 20,
  })
  readonly #dir: string
  readonly #engines = new Map<string, EngineApi>()
  /** Computers that saw a forked log: there may never be any. */
  readonly #forked: string[] = []
  readonly #skews = new Map<string, number>()

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async open(): Promise<Household> {
    return new Household(await mkdtemp(join(tmpdir(), 'porchlight-household-')))
  }

  async close(): Promise<void> {
    for (const name of this.#engines.keys()) await this.stop(name)
    await rm(this.#dir, { recursive: true, force: true })
    if (this.#forked.length > 0) throw new Error(`forks seen by ${this.#forked.join(', ')}`)
  }

  /** Starts a computer, with a person of its own unless it was one's before; `as` names a new person. */
  async start(name: string, as?: string): Promise<EngineApi> {
    const engine = await openEngine({
      dir: join(this.#dir, name),
      ...(as !== undefined && { name: as }),
      clock: this.#clock(name),
      random: systemRandom,
      logger: this.#logger(name),
    })
    this.#engines.set(name, engine)
    engine.addTransport(this.network.transport(name))
    await engine.switchTransport('memory', true)
    return engine
  }

  async stop(name: string): Promise<void> {
    const engine = this.#engines.get(name)
    this.#engines.delete(name)
    await engine?.close()
  }

  /** A new computer that knows the words, and the rooms of a backup where there is one. */
  async restore(
    name: string,
    phrase: string,
    rooms: RestoreOptions['rooms'] = [],
  ): Promise<EngineApi> {
    await restorePerson({ dir: join(this.#dir, name), phrase, rooms, random: systemRandom })
    return this.start(name)
  }

  /** Moves the wall clock of a computer. */
  skew(name: string, ms: number): void {
    this.#skews.set(name, (this.#skews.get(name) ?? 0) + ms)
  }

  #clock(name: string): Clock {
    return { ...systemClock, now: () => systemClock.now() + (this.#skews.get(name) ?? 0) }
  }

  #logger(name: string): Logger {
    const error = (event: string): void => {
      if (event === 'log-conflict') this.#forked.push(name)
    }
    return { ...silentLogger, error }
  }
}

/** Makes `fresh` a further device of the person of `old`. */
export async function pair(old: EngineApi, fresh: EngineApi, name = 'phone'): Promise<void> {
  const { code } = await old.devices.offer()
  await fresh.devices.pair(code, { name })
  await until('both to be done', () => {
    return old.devices.pairing().state === 'paired' && old.devices.list().length > 1
  })
}

/** Waits until the engines show the same texts in a room, in the same order. */
export async function alike(
  engines: readonly EngineApi[],
  room: string,
  wanted?: readonly string[],
): Promise<void> {
  await until('the same texts in the same order', async () => {
    const shown = await Promise.all(
      engines.map(async (engine) => {
        if (!joined(engine, room)) return null
        const { messages } = await engine.messages(room, { limit: 500 })
        return messages.map(({ text }) => text).join('\n')
      }),
    )
    const [first] = shown
    const right = wanted === undefined || [...wanted].sort().join('\n') === sorted(first)
    return first !== null && right && shown.every((list) => list === first)
  })
}

export function joined(engine: EngineApi, room: string): boolean {
  return engine.rooms().some(({ id, state }) => id === room && state === 'joined')
}

function sorted(list: string | null | undefined): string {
  return (list ?? '').split('\n').sort().join('\n')
}
