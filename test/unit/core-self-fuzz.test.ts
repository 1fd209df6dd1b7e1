import { describe, test } from '@jest/globals'
import fc from 'fast-check'
import { encode, tryDecode } from '../../core/codec/codec.ts'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import { PorchlightError } from '../../core/errors.ts'
import { formatPairingCode, parsePairingCode } from '../../core/self/pairing-code.ts'
import { decodePairing, encodePairing, signHello } from '../../core/self/pairing-messages.ts'
import { PersonalMerge } from '../../core/self/personal-merge.ts'
import { decodeFact, encodeFact } from '../../core/self/personal-record.ts'
import {
  decodeRecovery,
  encodeRecovery,
  proveDevice,
  sealRooms,
  unsealRooms,
} from '../../core/self/recovery-messages.ts'
import { sessionMessages } from '../../core/session/messages.ts'

const keys = keyPairFromSeed(Buffer.alloc(32, 5))
const place = { seed: Buffer.alloc(16, 1), handshakeHash: Buffer.alloc(64, 2) }
const room = {
  room: Buffer.alloc(32, 1),
  encryptionKey: Buffer.alloc(32, 2),
  name: 'Hof',
  nickname: 'Ann',
  personal: 1,
}
const sealed = sealRooms([room, room], keys.publicKey)
const fact = encodeFact({ topic: 'contact', key: 'ann', json: '{"verified":true}' })
const ANN = 'a1'.repeat(32)
const merge = new PersonalMerge(() => ANN)
merge.take({
  log: { hex: 'ab'.repeat(32), person: ANN },
  seq: 3,
  body: { sentAt: 0, kind: 133, heads: [], payload: fact },
} as never)

function load(data: Buffer): void {
  try {
    new PersonalMerge(() => ANN).load(data)
  } catch (error) {
    // Any error makes the reader rebuild; it must only not be a crash of another sort.
    if (!(error instanceof Error)) throw error
  }
}

function parse(data: Buffer): void {
  try {
    parsePairingCode(data.toString('latin1'))
  } catch (error) {
    if (!(error instanceof PorchlightError) || error.code !== 'BAD_INVITE') throw error
  }
}

const code = formatPairingCode({ seed: place.seed, device: keys.publicKey })
const decoders: Record<string, { read: (data: Buffer) => void; valid: Buffer[] }> = {
  'a fact': { read: (data) => void decodeFact(data), valid: [fact] },
  'a saved merge': { read: load, valid: [merge.save()] },
  'a word of a pairing': {
    read: (data) => void decodePairing(data),
    valid: [
      encodePairing(signHello(place, true, keys, 'kitchen')),
      encodePairing({
        type: 'grant',
        person: keys.publicKey,
        attestation: Buffer.alloc(100),
        recovery: Buffer.alloc(32),
        nickname: 'Ann',
        room: Buffer.alloc(32),
        encryptionKey: Buffer.alloc(32),
      }),
      encodePairing({ type: 'refuse', reason: 1 }),
    ],
  },
  'a pairing code': { read: parse, valid: [Buffer.from(code)] },
  'a word of a recovery': {
    read: (data) => void decodeRecovery(data),
    valid: [
      encodeRecovery({ type: 'rooms', sealed }),
      encodeRecovery({
        type: 'personal',
        sealed,
        ...proveDevice(place.handshakeHash, true, { device: keys, attestation: Buffer.alloc(100) }),
      }),
    ],
  },
  'rooms of a recovery': { read: (data) => void unsealRooms(data, keys), valid: [sealed] },
  'a word of a meeting': {
    read: (data) => void tryDecode(sessionMessages.meet, data),
    valid: [encode(sessionMessages.meet, { tag: Buffer.alloc(16), data: fact })],
  },
}

describe('nothing but its own form is taken', () => {
  test.each(Object.keys(decoders))('%s: arbitrary bytes and mutated valid ones', (name) => {
    const { read, valid } = decoders[name]!
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => read(Buffer.from(bytes))),
      { numRuns: 1_000 },
    )
    const mutation = fc.record({
      of: fc.nat(valid.length - 1),
      at: fc.nat(),
      byte: fc.nat(255),
      cut: fc.nat(3),
    })
    fc.assert(
      fc.property(mutation, ({ of, at, byte, cut }) => {
        const data = Buffer.from(valid[of]!)
        data[at % data.byteLength] = byte
        read(data.subarray(0, data.byteLength - cut))
      }),
      { numRuns: 1_000 },
    )
  })
})
