import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeOperation, encodeOperation } from '../../core/control/operation.ts'
import type { Operation } from '../../core/control/operation.ts'
import { readJoin, readLog } from '../../core/control/statement.ts'
import { attests } from '../../core/identity/attestation.ts'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import {
  AT,
  joinOf,
  joinStatement,
  logOf,
  logStatement,
  pairOf,
  people,
  ROOM,
} from './core-people.ts'

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

/** A statement is its body (behind 0xfd and a 16-bit length), then the signatures of device, log, writer, invite. */
function withSignature(
  statement: Buffer,
  other: Buffer,
  which: 'device' | 'log' | 'writer' | 'invite',
): Buffer {
  const from = { device: 0, log: 64, writer: 129, invite: 194 }[which]
  const [at, there] = [statement, other].map((data) => {
    expect(data[0] === 0xfd || data[0]! < 0xfd).toBe(true)
    return (data[0] === 0xfd ? 3 + data.readUInt16LE(1) : 1 + data[0]!) + from
  }) as [number, number]
  const out = Buffer.from(statement)
  other.copy(out, at, there, there + 64)
  return out
}

describe('a join', () => {
  test('is read as it was signed, with an invite or as the creator', () => {
    expect(readJoin(joinStatement(ann, invite))).toEqual(joinOf(ann, invite))
    expect(readJoin(joinStatement(ann, null))).toEqual(joinOf(ann, null))
  })

  test('A1: with any byte changed is nobody’s', () => {
    for (const altered of flips(joinStatement(ann, invite))) expect(readJoin(altered)).toBeNull()
  })

  test.each(['device', 'log', 'writer', 'invite'] as const)(
    'A2: with another’s signature of its %s is nobody’s: no one can name what is not theirs',
    (signature) => {
      const own = joinStatement(ann, invite)
      const other = joinStatement(bob, pairOf('another invite'))
      expect(readJoin(own)).not.toBeNull()
      expect(readJoin(withSignature(own, other, signature))).toBeNull()
    },
  )

  test('A2: of a person who did not attest the device is nobody’s', () => {
    const { person, attestation } = bob
    expect(readJoin(joinStatement(ann, invite, { person }))).toBeNull()
    expect(readJoin(joinStatement(ann, invite, { person, attestation }))).toBeNull()
    expect(readJoin(joinStatement(ann, invite, { attestation: Buffer.alloc(0) }))).toBeNull()
  })

  test('is no log declaration, and the other way round', () => {
    expect(readLog(joinStatement(ann, invite))).toBeNull()
    expect(readJoin(logStatement(ann, logOf(ann, 1)))).toBeNull()
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
    const statement = logStatement(ann, logOf(ann, 1))
    expect(readLog(statement)).toEqual(declaration())
    for (const altered of flips(statement)) {
      // The places of the other signatures are empty here; what stands there counts for nothing.
      if (!altered.subarray(-2).equals(statement.subarray(-2))) continue
      expect(readLog(altered)).toBeNull()
    }
  })

  test.each(['device', 'log'] as const)(
    'with another’s signature of its %s is nobody’s',
    (which) => {
      const own = logStatement(ann, logOf(ann, 1))
      expect(readLog(withSignature(own, logStatement(bob, logOf(bob, 1)), which))).toBeNull()
    },
  )
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
    },
    { type: 'admit', statement: joinStatement(bob, invite), epoch: 7, keys: Buffer.alloc(80, 1) },
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
    expect(decodeOperation(Buffer.alloc(200_000, 1))).toBeNull()
  })
})
