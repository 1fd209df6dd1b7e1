import { describe, expect, test } from '@jest/globals'
import { AutoFetch } from '../../core/files/auto-fetch.ts'
import type { AutoFetchOptions } from '../../core/files/auto-fetch.ts'
import { Offers } from '../../core/files/offers.ts'
import { DEFAULT_POLICY, MAX_UNOPENED } from '../../core/files/policy/policy.ts'
import type { FileEntry } from '../../core/room/messages/file-book.ts'
import type { Room } from '../../core/room/room.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const MINUTE = 60_000

/** An item that somebody offers; `key` tells what they say of it. */
function offer(root: string, { author = 'ann', size = 1_000, key = 1 } = {}): FileEntry {
  const item = { root: Buffer.from(root), key: Buffer.alloc(32, key), size, chunk: 65_536 }
  return { root: hex(root), author, item: { ...item, contents: 0, files: 1 } } as FileEntry
}

function hex(root: string): string {
  return Buffer.from(root).toString('hex')
}

function roomOf(entries: FileEntry[]): Room {
  const files = {
    list: () => entries,
    get: (root: string) => entries.find((entry) => entry.root === root) ?? null,
    offers: (root: string) => entries.filter((entry) => entry.root === root),
  }
  return { id: 'porch', conversation: { files } } as unknown as Room
}

/** One whose items never get further, with everything around it in memory. */
class Street {
  readonly clock = new VirtualClock()
  readonly began: string[] = []
  readonly running = new Map<string, { reason: string | null; have: { count: number } }>()
  readonly failing = new Set<string>()
  /** Nobody has these any more. */
  readonly gone = new Set<string>()
  readonly #items = new Map<string, { complete: boolean }>()
  readonly auto: AutoFetch

  constructor(room: Room) {
    this.auto = new AutoFetch({
      rooms: () => [room],
      item: (_: string, root: string) => this.#items.get(root) ?? null,
      swarm: { watch: () => {}, sources: (root: string) => Number(!this.gone.has(root)) },
      fetches: {
        get: (root: string) => this.running.get(root),
        start: ({ rootHex, have }: { rootHex: string; have: { count: number } }) => {
          this.running.set(rootHex, { reason: null, have })
        },
        stop: (root: string) => this.running.delete(root),
        automatic: () =>
          [...this.running].map(([root, { reason, have }]) => ({ root, reason, held: { have } })),
      },
      policy: () => DEFAULT_POLICY,
      declined: () => false,
      begin: async (_: Room, { root }: FileEntry) => {
        if (this.failing.has(root)) throw new Error('not here')
        this.began.push(Buffer.from(root, 'hex').toString())
        const meta = { asked: false, paused: false, usedAt: 0 }
        const have = { count: 0, isFull: false }
        const item = { kind: 'received', rootHex: root, complete: false, meta, have }
        this.#items.set(root, item)
        return item
      },
      space: async () => null,
      clock: this.clock,
      onerror: () => {},
    } as unknown as AutoFetchOptions)
  }

  /** All that runs arrives. */
  finish(): void {
    for (const root of this.running.keys()) this.#items.get(root)!.complete = true
    this.running.clear()
  }

  async look(): Promise<void> {
    this.auto.wake()
    await this.clock.run(200)
  }
}

describe('what comes by itself', () => {
  test('makes way for others when it gets nothing, and is not begun again at once', async () => {
    const names = Array.from({ length: 10 }, (_, n) => `file ${n}`)
    const street = new Street(roomOf(names.map((name) => offer(name))))
    await street.look()
    expect(street.began).toHaveLength(8)
    await street.look()
    expect(street.began).toHaveLength(8)
    await street.clock.run(2 * MINUTE)
    expect(new Set(street.began).size).toBe(10)
    expect(street.began).toHaveLength(10)
    await street.auto.close()
  })

  test('makes way at once when nobody has it any more', async () => {
    const names = Array.from({ length: 9 }, (_, n) => `file ${n}`)
    const street = new Street(roomOf(names.map((name) => offer(name))))
    await street.look()
    for (const [root, fetch] of street.running) {
      fetch.reason = 'no-source'
      street.gone.add(root)
    }
    await street.look()
    expect(new Set(street.began).size).toBe(9)
    await street.auto.close()
  })

  test('is not held up by what can not be begun', async () => {
    const street = new Street(roomOf([offer('good'), offer('bad')]))
    street.failing.add(hex('bad'))
    await street.look()
    expect(street.began).toEqual(['good'])
    await street.auto.close()
  })

  test('of one author stops while nobody opens it', async () => {
    const size = DEFAULT_POLICY.autoFetch.lan
    const many = Array.from({ length: 40 }, (_, n) => offer(`film ${n}`, { size }))
    const street = new Street(roomOf([offer('other', { author: 'bob' }), ...many]))
    for (let n = 0; n < 10; n++) {
      street.finish()
      await street.look()
    }
    const films = street.began.filter((name) => name.startsWith('film'))
    expect(new Set(films).size * size).toBe(MAX_UNOPENED)
    expect(street.began).toContain('other')
    await street.auto.close()
  })
})

describe('of several messages with one root', () => {
  const mallory = offer('it', { author: 'mallory', key: 9 })
  const ann = offer('it')

  test('what proved wrong gives way to the next', () => {
    const offers = new Offers()
    const room = roomOf([mallory, ann])
    expect(offers.best(room, ann.root)).toBe(mallory)
    expect(offers.refute(room, mallory.item)).toBe(true)
    expect(offers.best(room, ann.root)).toBe(ann)
    expect(offers.refute(room, ann.item)).toBe(false)
    // It may have been the sources that lied: who tries again begins with the first.
    expect(offers.best(room, ann.root)).toBe(mallory)
    expect(offers.refute(room, mallory.item)).toBe(true)
    expect(offers.best(room, ann.root)).toBe(ann)
  })

  test('one author is heard once, however many lies they have', () => {
    const lies = Array.from({ length: 2_000 }, (_, n) => ({
      ...mallory,
      item: { ...mallory.item, key: Buffer.from(n.toString(16).padStart(64, '0'), 'hex') },
    }))
    const offers = new Offers()
    const room = roomOf([...lies, ann])
    expect(offers.refute(room, offers.best(room, ann.root)!.item)).toBe(true)
    expect(offers.best(room, ann.root)).toBe(ann)
  })
})
