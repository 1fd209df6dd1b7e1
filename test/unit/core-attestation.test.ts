import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { KeyPair } from 'hypercore'
import IdentityKey from 'keet-identity-key'
import { readJoin } from '../../core/control/statement.ts'
import { attestationChain, attests } from '../../core/identity/attestation.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { joinStatement, pairOf, people } from './core-people.ts'

const invite = pairOf('invite')
const second = pairOf('second device')
const third = pairOf('third device')
let ann: DeviceKeys
let bob: DeviceKeys
/** Ann's second device by her first one's word, and a third by the second's. */
let bySecond: Buffer
let byThird: Buffer

beforeAll(async () => {
  ;[ann, bob] = (await people(2)) as [DeviceKeys, DeviceKeys]
  bySecond = IdentityKey.attestDevice(second.publicKey, ann.device, ann.attestation)
  byThird = IdentityKey.attestDevice(third.publicKey, second, bySecond)
})

/** Ann's keys as they are on another device. */
function onDevice(device: KeyPair, attestation: Buffer): DeviceKeys {
  const { person, recovery } = ann
  return { person, recovery, device, attestation } as DeviceKeys
}

describe('an attestation', () => {
  test('names the devices by whose word it holds', () => {
    expect(attestationChain(ann.attestation)).toEqual([ann.device.publicKey])
    expect(attestationChain(byThird)).toEqual([
      ann.device.publicKey,
      second.publicKey,
      third.publicKey,
    ])
    expect(attests(bySecond, ann.person, second.publicKey)).toBe(true)
    expect(attests(byThird, ann.person, third.publicKey)).toBe(true)
  })

  test('A2: is good for its own device and person alone', () => {
    expect(attests(bySecond, ann.person, ann.device.publicKey)).toBe(false)
    expect(attests(bySecond, bob.person, second.publicKey)).toBe(false)
    const byBob = IdentityKey.attestDevice(second.publicKey, bob.device, ann.attestation)
    expect(attests(byBob, ann.person, second.publicKey)).toBe(false)
  })

  test('A1: with any bit flipped it is none', () => {
    for (let at = 0; at < byThird.byteLength * 8; at += 5) {
      const altered = Buffer.from(byThird)
      altered[at >> 3]! ^= 1 << (at & 7)
      expect(attests(altered, ann.person, third.publicKey)).toBe(false)
    }
  })

  test('an empty chain is nobody’s word, even of the person’s own key', () => {
    const version = Buffer.from([1])
    const empty = Buffer.concat([version, Buffer.alloc(8), ann.person, Buffer.from([0, 0])])
    expect(attestationChain(empty)).toBeNull()
    expect(attests(empty, ann.person, ann.person)).toBe(false)
  })

  test('garbage, also of a true beginning, is none and never throws', () => {
    const mutated = fc
      .tuple(fc.nat(byThird.byteLength), fc.uint8Array({ maxLength: 1_100 }))
      .map(([start, rest]) => Buffer.concat([byThird.subarray(0, start), rest]))
    const any = fc.oneof(
      mutated,
      fc.uint8Array({ maxLength: 1_100 }).map((data) => Buffer.from(data)),
    )
    fc.assert(
      fc.property(any, (data) => {
        fc.pre(!data.equals(byThird))
        expect(attests(data, ann.person, third.publicKey)).toBe(false)
        const chain = attestationChain(data)
        expect(chain === null || chain.length > 0).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a join', () => {
  test('holds for a device that another one attested', () => {
    expect(readJoin(joinStatement(onDevice(second, bySecond), invite))).toMatchObject({
      person: ann.person,
    })
  })

  test('A3: of an empty device or person is refused', () => {
    const none = Buffer.alloc(32)
    expect(readJoin(joinStatement(ann, invite, { person: none }))).toBeNull()
    const nobody = { publicKey: none, secretKey: ann.device.secretKey }
    const statement = joinStatement(onDevice(nobody, ann.attestation), invite)
    expect(readJoin(statement)).toBeNull()
  })

  test('A2: with an attestation for another device, or of another person, is refused', () => {
    expect(readJoin(joinStatement(ann, invite, { attestation: bySecond }))).toBeNull()
    expect(readJoin(joinStatement(ann, invite, { person: bob.person }))).toBeNull()
    expect(readJoin(joinStatement(ann, invite, { attestation: bob.attestation }))).toBeNull()
  })
})
