import { describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { seededRandom, systemRandom } from '../../core/random.ts'
import {
  advertisedId,
  decodeIdentifier,
  encodeIdentifier,
  rotationDelay,
} from '../../transports/ble/identifier.ts'
import type { Identifier } from '../../transports/ble/identifier.ts'
import { ADVERTISED_BYTES } from '../../transports/ble/radio.ts'
import { MAX_KEYS, Resolver } from '../../transports/ble/resolver.ts'
import { createIdentity } from '../../transports/preface/instance-identity.ts'

const MINUTE = 60_000

/** What a device with that key advertises at some moment. */
function advertised(key?: Uint8Array): Identifier {
  const id = advertisedId(createIdentity(systemRandom).id)
  return decodeIdentifier(encodeIdentifier(id, key, systemRandom))!
}

describe('what a device advertises', () => {
  test('A33: it is 13 bytes that hold neither the key nor what stays the same', () => {
    const key = randomBytes(32)
    const said = Array.from({ length: 50 }, () =>
      encodeIdentifier(advertisedId(createIdentity(systemRandom).id), key, systemRandom),
    )
    for (const bytes of said) expect(bytes).toHaveLength(ADVERTISED_BYTES)
    // Nothing but the version is in two of them at one place for more than chance would have it.
    for (let at = 1; at < ADVERTISED_BYTES; at++)
      expect(new Set(said.map((bytes) => bytes[at])).size).toBeGreaterThan(20)
  })

  test('A33: another one comes after 12 to 18 minutes, drawn at random', () => {
    const random = seededRandom(1)
    const delays = Array.from({ length: 1_000 }, () => rotationDelay(random))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(12 * MINUTE)
    expect(Math.max(...delays)).toBeLessThanOrEqual(18 * MINUTE)
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(5 * MINUTE)
  })

  test('whatever a stranger advertises is read or refused, never thrown at', () => {
    const junk = fc.uint8Array({ maxLength: 31 })
    const valid = fc.uint8Array({ minLength: ADVERTISED_BYTES, maxLength: ADVERTISED_BYTES })
    fc.assert(
      fc.property(fc.oneof(junk, valid), (bytes) => {
        const read = decodeIdentifier(bytes)
        if (bytes.length !== ADVERTISED_BYTES || bytes[0] === 0) return read === null
        return read !== null && read.id.length === 12 && read.tag.length === 6
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('recognising', () => {
  test('A33: only who has the key recognises the device, under each of its identifiers', () => {
    const [key, other] = [randomBytes(32), randomBytes(32)]
    const knows = new Resolver(0)
    knows.setKeys([other, key])
    const first = knows.resolve(advertised(key), 0)
    expect(first).toMatch(/^[0-9a-f]{16}$/)
    expect(knows.resolve(advertised(key), 0)).toBe(first)
    expect(knows.resolve(advertised(other), 0)).not.toBe(first)
    expect(knows.resolve(advertised(), 0)).toBeNull()
    const stranger = new Resolver(0)
    stranger.setKeys([other])
    expect(stranger.resolve(advertised(key), 0)).toBeNull()
  })

  test('the tag of one identifier is worthless beside another', () => {
    const key = randomBytes(32)
    const knows = new Resolver(0)
    knows.setKeys([key])
    const moved = { ...advertised(), tag: advertised(key).tag }
    expect(knows.resolve(moved, 0)).toBeNull()
  })

  test('1,024 keys count, and a crowd of unknown devices costs a bounded share of each second', () => {
    const keys = Array.from({ length: MAX_KEYS + 1 }, () => randomBytes(32))
    const knows = new Resolver(0)
    knows.setKeys(keys)
    expect(knows.resolve(advertised(keys[MAX_KEYS - 1]), 0)).toEqual(expect.any(String))
    expect(knows.resolve(advertised(keys[MAX_KEYS]), 0)).toBeNull()
    const known = advertised(keys[0])
    expect(knows.resolve(known, 0)).toEqual(expect.any(String))
    const workedOut = (now: number): number =>
      Array.from({ length: 100 }, () => knows.resolve(advertised(), now)).filter(
        (found) => found !== undefined,
      ).length
    expect(workedOut(0)).toBe(29)
    expect(workedOut(1_000)).toBe(16)
    // What was worked out once costs nothing more.
    expect(knows.resolve(known, 1_000)).toEqual(expect.any(String))
    knows.setKeys([])
    expect(knows.resolve(known, 1_000)).toBeNull()
  })

  test('keys of a wrong size are left out', () => {
    const key = randomBytes(32)
    const knows = new Resolver(0)
    knows.setKeys([randomBytes(31), new Uint8Array(0), key])
    expect(knows.resolve(advertised(key), 0)).toEqual(expect.any(String))
  })
})
