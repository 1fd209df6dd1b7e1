import { beforeEach, describe, expect, test } from '@jest/globals'
import type Hyperbee from 'hyperbee'
import { hasPlace, pays, takePlace } from '../../core/control/room-allowance.ts'
import type { Payer, Trust } from '../../core/control/room-allowance.ts'

const MB = 1024 * 1024

let view: Hyperbee

beforeEach(() => {
  const kept = new Map<string, unknown>()
  view = {
    get: async (key: string) => (kept.has(key) ? { value: kept.get(key) } : null),
    put: async (key: string, value: unknown) => void kept.set(key, value),
  } as unknown as Hyperbee
})

/** Lets in to a branch until there is no place; the number of those let in. */
async function fill(branch: string, trusted = false): Promise<number> {
  let n = 0
  for (; await hasPlace(view, branch, trusted); n++) await takePlace(view, branch, false)
  return n
}

describe('how many control logs a room has', () => {
  test('one branch holds so many, others take in more, and admins always have some left', async () => {
    expect(await fill('a')).toBe(1_024)
    for (const branch of ['b', 'c', 'd']) expect(await fill(branch)).toBe(1_024)
    expect(await fill('e')).toBe(0)
    expect(await fill('e', true)).toBe(1_024)
    expect(await fill('f', true)).toBe(1_024)
    expect(await fill('g', true)).toBe(0)
  })

  test('of those whom nobody let in by an act that counts, a few for each branch', async () => {
    let count = 0
    for (let n = 0; n < 100; n++) if (await takePlace(view, 'a', true)) count++
    expect(count).toBe(64)
    expect(await takePlace(view, 'a', false)).toBe(true)
    expect(await takePlace(view, 'b', true)).toBe(true)
  })
})

describe('what control logs hold all together', () => {
  /** A log of a branch that writes entries of a megabyte while it may; how many. */
  async function write(branch: string, trust: Trust = 'member', most = 300): Promise<number> {
    const payer: Payer = { branch, entries: 0, bytes: MB }
    for (let n = 0; n < most; n++) if (!(await pays(view, payer, trust, MB))) return n
    return most
  }

  test('a branch has so much, all members together so much, and admins what their own logs hold', async () => {
    expect(await write('a')).toBe(64)
    expect(await write('a')).toBe(0)
    expect(await write('b')).toBe(64)
    expect(await write('c')).toBe(64)
    expect(await write('d')).toBe(0)
    expect(await write('d', 'trusted')).toBe(300)
  })

  test('each log says a little although others of its branch used it up', async () => {
    await write('a')
    const quiet: Payer = { branch: 'a', entries: 3, bytes: 10_000 }
    expect(await pays(view, quiet, 'member', 6_000)).toBe(true)
    expect(await pays(view, quiet, 'member', 7_000)).toBe(false)
  })

  test('one whom nobody let in by an act that counts says little', async () => {
    const stray: Payer = { branch: 'a', entries: 63, bytes: 0 }
    expect(await pays(view, stray, 'stray', 100)).toBe(true)
    expect(await pays(view, { ...stray, entries: 64 }, 'stray', 100)).toBe(false)
  })
})
