/** Prepares a crowded room, or opens one, in a process of its own. */
import { stat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineApi } from '../../../core/api.ts'
import { systemClock } from '../../../core/clock.ts'
import { openEngine } from '../../../core/engine.ts'
import { silentLogger } from '../../../core/logger.ts'
import { systemRandom } from '../../../core/random.ts'
import { serve } from '../measure/serve.ts'
import { monotonic, until } from '../measure/timing.ts'
import { fillCrowd } from './crowd-room.ts'
import type { Crowd } from './crowd-room.ts'
import { Words } from './words.ts'

const PAGE = 50
const ALL = 500
const PATIENCE_MS = 300_000

let engine: EngineApi

const calls = {
  fill: (dir: string, crowd: Crowd): Promise<void> => fillCrowd(dir, crowd),
  /** Opens the data; gives the ms until the first page of messages was there, and until all were placed. */
  async open(dir: string, messages: number): Promise<{ page: number; all: number }> {
    const from = monotonic()
    engine = await openEngine({
      dir,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    })
    const room = engine.rooms()[0]!
    const { messages: shown } = await engine.messages(room.id, { limit: PAGE })
    const page = monotonic() - from
    if (shown.length !== PAGE) throw new Error(`the first page has ${shown.length} messages`)
    const placed = (): boolean => engine.rooms()[0]!.messages === messages
    await until('all messages', placed, PATIENCE_MS)
    return { page, all: monotonic() - from }
  },
  members: (): number => engine.rooms()[0]!.members,
  /** Milliseconds of each of so many searches: common and rare words, two words, words half typed. */
  async search(count: number): Promise<{ times: number[]; hits: number }> {
    const words = new Words(7)
    const times: number[] = []
    let hits = 0
    for (let n = 0; n < count; n++) {
      const query = [
        () => words.common(),
        () => `${words.any()} `,
        () => `${words.common()} ${words.common()}`,
        () => words.common().slice(0, 3),
      ][n % 4]!()
      const from = monotonic()
      hits += (await engine.search(query, { limit: 20 })).hits.length
      times.push(monotonic() - from)
    }
    return { times, hits }
  },
  /** The same without an index: reads every message and looks. Gives the ms of each search. */
  async scan(count: number): Promise<number[]> {
    const words = new Words(7)
    const { id } = engine.rooms()[0]!
    const times: number[] = []
    for (let n = 0; n < count; n++) {
      const query = words.common()
      const from = monotonic()
      let before: string | undefined
      for (let more = true; more;) {
        const page = await engine.messages(id, { limit: ALL, ...(before && { before }) })
        page.messages.filter(({ text }) => text.includes(query))
        more = page.more
        before = page.messages[0]?.id
      }
      times.push(monotonic() - from)
    }
    return times
  },
  close: (): Promise<void> => engine.close(),
  /** Bytes of the files that a start needs instead of reading every message: order, search index and the rest. */
  async indexSize(dir: string): Promise<number> {
    const names = await readdir(join(dir, 'index'))
    const sizes = await Promise.all(names.map((name) => stat(join(dir, 'index', name))))
    return sizes.reduce((sum, { size }) => sum + size, 0)
  },
}

export type CrowdCalls = typeof calls

serve(calls)
