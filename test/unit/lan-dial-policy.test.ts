import { describe, expect, test } from '@jest/globals'
import { backoff } from '../../transports/lan/backoff.ts'
import {
  MAX_DIALS,
  MAX_STRANGER_DIALS,
  SILENT_MS,
  STALE_MS,
  decideDial,
} from '../../transports/lan/dial-policy.ts'
import type { DialFacts } from '../../transports/lan/dial-policy.ts'

const route = { address: '10.0.0.2:4000', failures: 0, notBefore: 0, proven: false }

type Changes = Partial<Omit<DialFacts, 'neighbour'>> & {
  neighbour?: Partial<DialFacts['neighbour']>
}

function decide({ neighbour, ...facts }: Changes = {}): ReturnType<typeof decideDial> {
  return decideDial({
    now: 1_000,
    ownId: 'a',
    ownGeneration: 1,
    doubting: false,
    dials: 0,
    strangerDials: 0,
    dialsToIt: 0,
    silentSince: undefined,
    ...facts,
    neighbour: {
      id: 'b',
      seen: 1_000,
      wantedSince: 1_000,
      generation: 5,
      refusal: undefined,
      gone: false,
      routes: [route],
      ...neighbour,
    },
  })
}

const dial = { verdict: 'dial', address: '10.0.0.2:4000' }
const change = { verdict: 'change' }

describe('dialling', () => {
  test('the lower id dials at once, the higher one later and only without a link', () => {
    expect(decide()).toEqual(dial)
    expect(decide({ ownId: 'c' })).toEqual({ verdict: 'later', at: 1_400 })
    expect(decide({ ownId: 'c', now: 1_400 })).toEqual(dial)
    expect(decide({ ownId: 'c', now: 1_400, silentSince: 1_400 })).toEqual(change)
  })

  test('a link that lives is enough, until core doubts it and nothing came over it', () => {
    expect(decide({ silentSince: 0, now: 60_000 })).toEqual(change)
    expect(decide({ silentSince: 900, doubting: true })).toEqual({
      verdict: 'later',
      at: 900 + SILENT_MS,
    })
    expect(decide({ silentSince: 0, now: SILENT_MS, doubting: true })).toEqual(dial)
  })

  test('one dial an instance, a bounded number in all, some kept for devices met before', () => {
    expect(decide({ dialsToIt: 1 })).toEqual(change)
    expect(decide({ dials: MAX_DIALS })).toEqual(change)
    expect(decide({ dials: MAX_STRANGER_DIALS, strangerDials: MAX_STRANGER_DIALS })).toEqual(change)
    const met = { routes: [{ ...route, proven: true }] }
    expect(
      decide({ dials: MAX_STRANGER_DIALS, strangerDials: MAX_STRANGER_DIALS, neighbour: met }),
    ).toEqual(dial)
  })

  test('nothing in common is remembered until either side joined a topic', () => {
    const refusal = { ours: 1, theirs: 5 }
    expect(decide({ neighbour: { refusal } })).toEqual(change)
    expect(decide({ neighbour: { refusal, generation: undefined } })).toEqual(change)
    expect(decide({ neighbour: { refusal, generation: 6 } })).toEqual(dial)
    expect(decide({ neighbour: { refusal }, ownGeneration: 2 })).toEqual(dial)
  })

  test('one that left or fell silent is not dialled', () => {
    expect(decide({ neighbour: { gone: true } })).toEqual(change)
    expect(decide({ now: 1_000 + STALE_MS })).toEqual(change)
    expect(decide({ neighbour: { routes: [] } })).toEqual(change)
  })

  test('an address that failed waits; another one is used meanwhile', () => {
    const failed = { ...route, address: '10.0.0.9:1', notBefore: 5_000 }
    expect(decide({ neighbour: { routes: [failed] } })).toEqual({ verdict: 'later', at: 5_000 })
    expect(decide({ neighbour: { routes: [failed, route] } })).toEqual(dial)
    const worse = { ...failed, address: '10.0.0.8:1', notBefore: 9_000 }
    expect(decide({ neighbour: { routes: [worse, failed] } })).toEqual({
      verdict: 'later',
      at: 5_000,
    })
  })

  test('pauses grow to a minute, spread by chance', () => {
    expect(backoff(1, 0.5)).toBe(500)
    expect(backoff(2, 0.5)).toBe(1_000)
    expect(backoff(100, 0.5)).toBe(60_000)
    expect(backoff(3, 0)).toBeLessThan(backoff(3, 0.9))
  })
})
