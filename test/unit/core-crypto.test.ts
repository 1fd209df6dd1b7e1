import { describe, expect, test } from '@jest/globals'
import { seal, unseal } from '../../core/crypto/box.ts'
import { derive, equal, hash } from '../../core/crypto/hash.ts'
import { keyPairFromSeed, sign, verify } from '../../core/crypto/sign.ts'

const alice = keyPairFromSeed(Buffer.alloc(32, 1))
const bob = keyPairFromSeed(Buffer.alloc(32, 2))
const message = Buffer.from('a porch light')

function flipped(data: Buffer, bit: number): Buffer {
  const out = Buffer.from(data)
  out[bit >> 3]! ^= 1 << (bit & 7)
  return out
}

describe('signatures', () => {
  const signature = sign('test', [message], alice.secretKey)

  test('hold for their key, label and parts alone', () => {
    expect(verify('test', [message], signature, alice.publicKey)).toBe(true)
    expect(verify('test', [message], signature, bob.publicKey)).toBe(false)
    expect(verify('other', [message], signature, alice.publicKey)).toBe(false)
    expect(verify('test', [message, message], signature, alice.publicKey)).toBe(false)
  })

  test('no flipped bit of message or signature holds', () => {
    for (let bit = 0; bit < signature.byteLength * 8; bit++) {
      expect(verify('test', [message], flipped(signature, bit), alice.publicKey)).toBe(false)
    }
    for (let bit = 0; bit < message.byteLength * 8; bit++) {
      expect(verify('test', [flipped(message, bit)], signature, alice.publicKey)).toBe(false)
    }
  })

  test('ill-formed ones and ill-formed keys are false, not an error', () => {
    for (const size of [0, 1, 63, 65]) {
      expect(verify('test', [message], Buffer.alloc(size), alice.publicKey)).toBe(false)
      expect(verify('test', [message], signature, Buffer.alloc(size))).toBe(false)
    }
    expect(verify('test', [message], signature, Buffer.alloc(32, 0xff))).toBe(false)
  })
})

describe('sealed boxes', () => {
  test('open for their own key alone, and not when altered', () => {
    const sealed = seal(message, alice.publicKey)
    expect(unseal(sealed, alice)).toEqual(message)
    expect(unseal(sealed, bob)).toBeNull()
    for (let bit = 0; bit < sealed.byteLength * 8; bit++) {
      expect(unseal(flipped(sealed, bit), alice)).toBeNull()
    }
    for (const size of [0, 47, 48]) expect(unseal(Buffer.alloc(size), alice)).toBeNull()
  })
})

describe('hashes', () => {
  test('are BLAKE2b, in one piece or in parts', () => {
    // RFC 7693, appendix A.
    expect(hash([Buffer.from('a'), Buffer.from('bc')], { size: 64 }).toString('hex')).toBe(
      'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1' +
        '7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
    )
  })

  test('keys for different purposes and contexts differ', () => {
    const secret = Buffer.alloc(32, 9)
    const keys = [
      derive(secret, 'a'),
      derive(secret, 'b'),
      derive(secret, 'a', Buffer.from('c')),
      derive(Buffer.alloc(32, 8), 'a'),
    ]
    expect(new Set(keys.map(String)).size).toBe(4)
    expect(derive(secret, 'a')).toEqual(keys[0])
  })

  test('equality looks at every byte and at the length', () => {
    expect(equal(message, Buffer.from(message))).toBe(true)
    expect(equal(message, flipped(message, 3))).toBe(false)
    expect(equal(message, message.subarray(1))).toBe(false)
  })
})
