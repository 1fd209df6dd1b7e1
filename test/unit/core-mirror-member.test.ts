import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PorchlightError } from '../../core/errors.ts'
import { resolveNode } from '../../core/mirror/member/node-name.ts'
import { retryAfter } from '../../core/mirror/member/retry.ts'
import { readSavedMirrors, trimNodes } from '../../core/mirror/member/saved-mirrors.ts'
import {
  changeSharing,
  DEFAULT_SHARING,
  relaysInternet,
} from '../../core/mirror/member/sharing-settings.ts'

const HALL = { id: `aabb01${'0'.repeat(58)}`, name: 'Town hall' }
const PUB = { id: `aabb02${'0'.repeat(58)}`, name: 'Pub' }
const OTHER_PUB = { id: `cc${'0'.repeat(62)}`, name: 'pub' }
const known = [HALL, PUB, OTHER_PUB]

function refusal(what: () => unknown): PorchlightError {
  try {
    what()
  } catch (error) {
    if (error instanceof PorchlightError) return error
  }
  throw new Error('nothing was refused')
}

describe('a node that a person names', () => {
  test.each([
    ['its whole id, though nobody knows it', 'F'.repeat(64), 'f'.repeat(64)],
    ['the beginning of an id', ' AABB01 ', HALL.id],
    ['a name in any case', 'town HALL', HALL.id],
  ])('is found by %s', (_, text, id) => {
    expect(resolveNode(text, known)).toBe(id)
  })

  test('that may be several is asked about again, with their ids', () => {
    for (const text of ['aabb', 'pub']) {
      const error = refusal(() => resolveNode(text, known))
      expect(error.code).toBe('BAD_REQUEST')
      expect(error.message).toMatch(/aabb02/)
    }
  })

  test('that is unknown is said to be, in words', () => {
    for (const text of ['aab', 'the church', '', '  ', 'ddee', 'f'.repeat(63), 'g'.repeat(64)]) {
      expect(refusal(() => resolveNode(text, known)).code).toBe('NOT_FOUND')
    }
  })

  test('heard of twice is one', () => {
    expect(resolveNode('town hall', [HALL, { ...HALL }])).toBe(HALL.id)
  })
})

describe('what a device does for others', () => {
  test('begins with a little, changes one by one, and refuses what makes no sense in words', () => {
    expect(DEFAULT_SHARING).toMatchObject({ neighbourhood: false, carry: true })
    const changed = changeSharing(DEFAULT_SHARING, { quota: 2 ** 31 })
    expect(changed).toEqual({ ...DEFAULT_SHARING, quota: 2 ** 31 })
    for (const bad of [{ quota: 5 }, { quota: 2.5e9 + 0.5 }, { carry: 1 }, { other: true }]) {
      const error = refusal(() => changeSharing(DEFAULT_SHARING, bad as never))
      expect(error).toMatchObject({ code: 'BAD_REQUEST', message: /Nothing was changed/ })
    }
  })

  test('a person’s own device relays for nobody on the internet', () => {
    expect(relaysInternet(DEFAULT_SHARING)).toBe(false)
    expect(relaysInternet({ ...DEFAULT_SHARING, neighbourhood: true })).toBe(true)
    expect(relaysInternet({ ...DEFAULT_SHARING, neighbourhood: true, relay: false })).toBe(false)
  })
})

test('a node that refuses is asked ever more seldom, up to half an hour', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((n) => retryAfter(n))
  expect(waits.slice(0, 3)).toEqual([30_000, 60_000, 120_000])
  expect(waits.slice(-2)).toEqual([1_800_000, 1_800_000])
})

describe('what is kept of nodes', () => {
  test('is read from anything without an error, and read again alike', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (nodes, sharing) => {
        const read = readSavedMirrors({ nodes, sharing, places: nodes })
        expect(readSavedMirrors(JSON.parse(JSON.stringify(read)))).toEqual(read)
      }),
    )
    expect(readSavedMirrors(null)).toEqual({})
  })

  test('is of those met last', () => {
    const nodes = Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [`${n}`, { name: '', seen: 1_000 - n }]),
    )
    trimNodes(nodes, new Set(['299']))
    const kept = [...Array.from({ length: 256 }, (_, n) => `${n}`), '299']
    expect(Object.keys(nodes)).toEqual(kept)
  })
})
