import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readEntry, storedEntry } from '../../core/control/entry.ts'
import { decodeOperation, encodeOperation } from '../../core/control/operation.ts'
import type { Cut, Operation } from '../../core/control/operation.ts'
import { readJoin, readLog } from '../../core/control/statement.ts'
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

describe('an operation', () => {
  const prefix = Buffer.alloc(8, 5)
  const cut: Cut = { control: [{ log: prefix, length: 4 }], content: [{ log: prefix, length: 0 }] }
  const operations = (): Operation[] => [
    { type: 'create', name: 'Porch', statement: joinStatement(ann, null), ephemeral: ann.person },
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
    { type: 'title', name: 'Hall' },
    { type: 'settings', history: 1, rotateEvery: 9, keepFor: null, disappearAfter: 60_000 },
    { type: 'revoke', invite: invite.publicKey, keep: [prefix, prefix] },
    { type: 'role', person: bob.person, role: 3, cut },
    { type: 'remove', person: bob.person, ban: 1, cut },
    { type: 'unban', person: bob.person },
    { type: 'mute', person: bob.person, on: 0, cut },
    { type: 'drop', device: bob.device.publicKey, cut },
    { type: 'hide', log: logOf(bob), seq: 3, on: 1 },
    { type: 'pin', log: logOf(bob), seq: 3, on: 0 },
    {
      type: 'rotate',
      epoch: 0xffff_ffff,
      parent: 0,
      at: 5,
      ephemeral: ann.person,
      boxes: [{ device: prefix, box: Buffer.alloc(48, 3) }],
      links: [{ epoch: 0, link: Buffer.alloc(72, 4) }],
    },
    { type: 'grant', device: bob.person, epoch: 1, keys: Buffer.alloc(9) },
    { type: 'mirror', node: bob.person, relay: ann.person, name: 'Town hall', at: 7, on: 1 },
    { type: 'mirror', node: bob.person, relay: null, name: '', at: 0, on: 0 },
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

  test('with any bytes altered is read as one or refused, and so is what is made of it', () => {
    const all = operations().map(encodeOperation)
    fc.assert(
      fc.property(
        fc.nat(all.length - 1),
        fc.nat(),
        fc.nat(255),
        fc.nat(3),
        (n, at, byte, cutOff) => {
          const data = Buffer.from(all[n]!)
          data[at % data.byteLength] = byte
          const altered = data.subarray(0, data.byteLength - cutOff)
          const operation = decodeOperation(altered)
          const stored = storedEntry(ann.person, 1, [{ key: bob.person, length: 2 }], altered)
          const entry = readEntry(stored)
          expect(entry === null || operation !== null).toBe(true)
          const again = operation && encodeOperation(operation)
          // Numbers have one shortest form; whatever else is read is what was written.
          expect(again === null || again.byteLength <= altered.byteLength).toBe(true)
        },
      ),
      { numRuns: 3_000 },
    )
  })
})
