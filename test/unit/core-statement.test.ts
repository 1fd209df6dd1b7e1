import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeOperation, encodeOperation } from '../../core/control/operation.ts'
import type { Operation } from '../../core/control/operation.ts'
import { readJoin, readLog, signJoin, signLog } from '../../core/control/statement.ts'
import { attests } from '../../core/identity/device-keys.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { AT, joinOf, joinStatement, logOf, pairOf, people, ROOM } from './core-people.ts'

const invite = pairOf('invite')
let ann: DeviceKeys
let bob: DeviceKeys

beforeAll(async () => {
  ;[ann, bob] = (await people(2)) as [DeviceKeys, DeviceKeys]
})

function flips(data: Buffer): Buffer[] {
  return Array.from({ length: data.byteLength }, (_, at) => {
    const out = Buffer.from(data)
    out[at]! ^= 1 << (at % 8)
    return out
  })
}

describe('a join', () => {
  test('is read as it was signed, with an invite or as the creator', () => {
    expect(readJoin(joinStatement(ann, invite))).toEqual(joinOf(ann, invite))
    expect(readJoin(joinStatement(ann, null))).toEqual(joinOf(ann, null))
  })

  test('A1: with any byte changed is nobody’s', () => {
    for (const altered of flips(joinStatement(ann, invite))) expect(readJoin(altered)).toBeNull()
  })

  test('A2: signed by another device, or by another invite than it names, is nobody’s', () => {
    const value = joinOf(ann, invite)
    expect(readJoin(signJoin(value, bob.device, invite))).toBeNull()
    expect(readJoin(signJoin(value, ann.device, pairOf('another invite')))).toBeNull()
    expect(readJoin(signJoin(value, ann.device, null))).toBeNull()
  })

  test('A2: of a person who did not attest the device is nobody’s', () => {
    const stolen = { ...joinOf(ann, invite), person: bob.person }
    expect(readJoin(signJoin(stolen, ann.device, invite))).toBeNull()
    const borrowed = { ...stolen, attestation: bob.attestation }
    expect(readJoin(signJoin(borrowed, ann.device, invite))).toBeNull()
    const none = { ...joinOf(ann, invite), attestation: Buffer.alloc(0) }
    expect(readJoin(signJoin(none, ann.device, invite))).toBeNull()
  })

  test('is no log declaration, and the other way round', () => {
    expect(readLog(joinStatement(ann, invite))).toBeNull()
    const declared = signLog(
      { room: ROOM, device: ann.device.publicKey, log: logOf(ann, 1), at: AT },
      ann.device,
    )
    expect(readJoin(declared)).toBeNull()
  })
})

describe('a log declaration', () => {
  const declaration = () => ({
    room: ROOM,
    device: ann.device.publicKey,
    log: logOf(ann, 1),
    at: AT,
  })

  test('is read as it was signed, and with any byte changed is nobody’s', () => {
    const statement = signLog(declaration(), ann.device)
    expect(readLog(statement)).toEqual(declaration())
    for (const altered of flips(statement)) {
      // The place of the invite's signature is empty here; what stands there counts for nothing.
      if (altered.at(-1) !== statement.at(-1)) continue
      expect(readLog(altered)).toBeNull()
    }
  })

  test('signed by another device is nobody’s', () => {
    expect(readLog(signLog(declaration(), bob.device))).toBeNull()
  })
})

describe('an attestation', () => {
  test('garbage of any size is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_100 }), (garbage) => {
        const proof = Buffer.from(garbage)
        expect(attests(proof, ann.person, ann.device.publicKey)).toBe(false)
      }),
      { numRuns: 500 },
    )
    expect(attests(ann.attestation, ann.person, ann.device.publicKey)).toBe(true)
  })
})

describe('an operation', () => {
  const operations = (): Operation[] => [
    { type: 'create', name: 'Porch', statement: joinStatement(ann, null) },
    {
      type: 'invite',
      invite: invite.publicKey,
      role: 2,
      uses: 3,
      expiresAt: null,
      keys: Buffer.alloc(80, 1),
    },
    { type: 'admit', statement: joinStatement(bob, invite) },
    { type: 'log', statement: Buffer.alloc(9) },
    { type: 'profile', name: 'Ünï' },
    { type: 'leave' },
  ]

  test('is read as it was written', () => {
    for (const operation of operations()) {
      expect(decodeOperation(encodeOperation(operation))).toEqual(operation)
    }
  })

  test('of another version, of an unknown kind, truncated or oversize is none', () => {
    for (const operation of operations()) {
      const data = encodeOperation(operation)
      expect(decodeOperation(Buffer.concat([Buffer.from([2]), data.subarray(1)]))).toBeNull()
      for (let size = 0; size < data.byteLength; size++) {
        expect(decodeOperation(data.subarray(0, size))).toBeNull()
      }
    }
    expect(decodeOperation(Buffer.from([1, 99]))).toBeNull()
    expect(decodeOperation(Buffer.alloc(9_000, 1))).toBeNull()
  })
})
