import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { MAX_SEALED_KEYS } from '../../core/control/operation.ts'
import { epochId } from '../../core/control/epoch-id.ts'
import { hash } from '../../core/crypto/hash.ts'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import {
  epochPair,
  isKeyOf,
  makeBox,
  makeLink,
  MAX_KEYS,
  openBox,
  openLink,
  sealKeys,
  unsealKeys,
} from '../../core/room/epochs/key-box.ts'

const ROOM = hash([Buffer.from('room')])
const OTHER_ROOM = hash([Buffer.from('another room')])
const KEY = hash([Buffer.from('key')])
const OTHER_KEY = hash([Buffer.from('another key')])
const ann = keyPairFromSeed(Buffer.alloc(32, 1))
const bob = keyPairFromSeed(Buffer.alloc(32, 2))
const NONCE = Buffer.alloc(24, 5)
/** Verifies as a key, and is no point that anything can be sealed to: y = 0, of order four. */
const NO_POINT = Buffer.alloc(32)
const pair = epochPair(KEY, ROOM)
const epoch = epochId(pair.publicKey, ROOM, ann.publicKey)

function flipped(data: Buffer): Buffer[] {
  return Array.from({ length: data.byteLength * 8 }, (_, bit) => {
    const out = Buffer.from(data)
    out[bit >> 3]! ^= 1 << (bit & 7)
    return out
  })
}

describe('the box of a rotation', () => {
  const box = makeBox(KEY, pair, ann.publicKey, ROOM)!

  test('gives its device the key, 48 bytes in all', () => {
    expect(box.byteLength).toBe(48)
    expect(openBox(box, pair.publicKey, ann, ROOM)).toEqual(KEY)
  })

  test('A1: no flipped bit of it, or of the public key, opens', () => {
    for (const wrong of flipped(box)) expect(openBox(wrong, pair.publicKey, ann, ROOM)).toBeNull()
    for (const wrong of flipped(pair.publicKey)) expect(openBox(box, wrong, ann, ROOM)).toBeNull()
    for (const size of [0, 47, 49]) {
      expect(openBox(Buffer.alloc(size), pair.publicKey, ann, ROOM)).toBeNull()
    }
  })

  test('A7: it opens for no other device, room or rotation', () => {
    expect(openBox(box, pair.publicKey, bob, ROOM)).toBeNull()
    expect(openBox(box, pair.publicKey, ann, OTHER_ROOM)).toBeNull()
    expect(openBox(box, epochPair(OTHER_KEY, ROOM).publicKey, ann, ROOM)).toBeNull()
  })

  test('with another key than the rotation’s is refused: all get the same one', () => {
    const false_ = makeBox(OTHER_KEY, pair, ann.publicKey, ROOM)!
    expect(openBox(false_, pair.publicKey, ann, ROOM)).toBeNull()
    expect(isKeyOf(pair.publicKey, KEY, ROOM)).toBe(true)
    expect(isKeyOf(pair.publicKey, OTHER_KEY, ROOM)).toBe(false)
  })

  test('a device key that is no good point gets none', () => {
    expect(makeBox(KEY, pair, NO_POINT, ROOM)).toBeNull()
    expect(sealKeys([{ epoch, key: KEY }], NO_POINT, ROOM)).toBeNull()
  })

  test('the epoch’s id is the public key’s and the author’s in its room, and never that of the first', () => {
    expect(epoch).not.toBe(epochId(pair.publicKey, OTHER_ROOM, ann.publicKey))
    expect(epoch).not.toBe(epochId(pair.publicKey, ROOM, bob.publicKey))
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (data) => {
        const id = epochId(Buffer.from(data), ROOM, ann.publicKey)
        return Number.isInteger(id) && id > 0 && id <= 0xffff_ffff
      }),
    )
  })
})

describe('a link', () => {
  const [before, next] = [
    { epoch: 0, key: OTHER_KEY },
    { epoch, key: KEY },
  ]
  const link = makeLink(before, next, ROOM, NONCE)

  test('gives the key before, 72 bytes in all', () => {
    expect(link.byteLength).toBe(72)
    expect(openLink(link, 0, next, ROOM)).toEqual(OTHER_KEY)
  })

  test('A1: no flipped bit opens', () => {
    for (const wrong of flipped(link)) expect(openLink(wrong, 0, next, ROOM)).toBeNull()
    for (const size of [0, 71, 73]) expect(openLink(Buffer.alloc(size), 0, next, ROOM)).toBeNull()
  })

  test('A7: it opens with no other key, for no other epochs and no other room', () => {
    expect(openLink(link, 0, { epoch, key: OTHER_KEY }, ROOM)).toBeNull()
    expect(openLink(link, 1, next, ROOM)).toBeNull()
    expect(openLink(link, 0, { epoch: epoch + 1, key: KEY }, ROOM)).toBeNull()
    expect(openLink(link, 0, next, OTHER_ROOM)).toBeNull()
  })
})

describe('keys sealed to a device', () => {
  const keys = [
    { epoch, key: KEY },
    { epoch: 0, key: OTHER_KEY },
  ]
  const sealed = sealKeys(keys, ann.publicKey, ROOM)!

  test('open for it, as many as an entry may hold', () => {
    expect(unsealKeys(sealed, ann, ROOM)).toEqual(keys)
    const many = Array.from({ length: MAX_KEYS + 1 }, () => ({ epoch: 0xffff_ffff, key: KEY }))
    const full = sealKeys(many, ann.publicKey, ROOM)!
    expect(full.byteLength).toBeLessThanOrEqual(MAX_SEALED_KEYS)
    expect(unsealKeys(full, ann, ROOM)).toEqual(many.slice(1))
  })

  test('A1, A7: altered, for another device or another room they are nothing', () => {
    for (const wrong of flipped(sealed)) expect(unsealKeys(wrong, ann, ROOM)).toBeNull()
    expect(unsealKeys(sealed, bob, ROOM)).toBeNull()
    expect(unsealKeys(sealed, ann, OTHER_ROOM)).toBeNull()
  })
})

test('garbage of any kind is null everywhere', () => {
  const bytes = fc.uint8Array({ maxLength: 1_200 }).map((data) => Buffer.from(data))
  const size = (length: number): fc.Arbitrary<Buffer> =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((data) => Buffer.from(data))
  fc.assert(
    fc.property(bytes, size(48), size(32), size(72), (any, box, ephemeral, link) => {
      expect(unsealKeys(any, ann, ROOM)).toBeNull()
      expect(openBox(any, ephemeral, ann, ROOM)).toBeNull()
      expect(openBox(box, any, ann, ROOM)).toBeNull()
      expect(openBox(box, ephemeral, ann, ROOM)).toBeNull()
      expect(openLink(any, 0, { epoch, key: KEY }, ROOM)).toBeNull()
      expect(openLink(link, 0, { epoch, key: KEY }, ROOM)).toBeNull()
    }),
    { numRuns: 500 },
  )
})
