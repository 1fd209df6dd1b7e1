import IdentityKey from 'keet-identity-key'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { DeviceKeys } from '../../core/identity/device-keys.ts'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import { seededRandom } from '../../core/random.ts'
import { RecoveryMeeting } from '../../core/self/recovery-meeting.ts'
import {
  encodeRecovery,
  proveDevice,
  sealRooms,
  signClaim,
} from '../../core/self/recovery-messages.ts'
import type { RecoveredRoom } from '../../core/self/recovery-messages.ts'
import type { Meeting } from '../../core/session/meeting.ts'
import { people } from './core-people.ts'

const random = seededRandom(4)
const words = keyPairFromSeed(random.bytes(32))

function rooms(count: number): RecoveredRoom[] {
  return Array.from({ length: count }, (_, n) => ({
    room: random.bytes(32),
    encryptionKey: random.bytes(32),
    name: `Room ${n} ${'ü'.repeat(100)}`,
    nickname: 'Ann',
    personal: 0,
  }))
}

async function meet(a: Meeting, b: Meeting): Promise<{ rejected: string[]; sizes: number[] }> {
  const queue: { to: 0 | 1; data: Buffer }[] = []
  const rejected: string[] = []
  const sizes: number[] = []
  const handshakeHash = random.bytes(64)
  const ends = ([a, b] as const).map((meeting, n) =>
    meeting.open({
      handshakeHash,
      initiator: n === 0,
      send: (data) => {
        sizes.push(data.byteLength)
        queue.push({ to: n === 0 ? 1 : 0, data })
      },
      met: () => {},
      reject: (reason) => rejected.push(reason),
    }),
  )
  for (const [n, meeting] of [a, b].entries()) {
    const data = meeting.knock?.({ handshakeHash, initiator: n === 0 })
    if (data) ends[n === 0 ? 1 : 0]!.onknock?.(data)
  }
  for (let quiet = 0; quiet < 10; quiet++) {
    await Promise.resolve()
    for (const { to, data } of queue.splice(0)) ends[to]!.onmessage(data)
  }
  return { rejected, sizes }
}

function restored(onrooms: (found: RecoveredRoom[]) => void, keyPair = words): RecoveryMeeting {
  return new RecoveryMeeting({
    recovery: words.publicKey,
    rooms: () => Promise.resolve([]),
    ask: { keyPair, onrooms },
  })
}

function neighbour(known: RecoveredRoom[], onasked = (): void => {}): RecoveryMeeting {
  return new RecoveryMeeting({
    recovery: words.publicKey,
    rooms: () => {
      onasked()
      return Promise.resolve(known)
    },
  })
}

describe('a person who has nothing but their words', () => {
  test('is told by a neighbour of the rooms that they share, in words that fit a frame', async () => {
    const known = rooms(200)
    const found: RecoveredRoom[] = []
    const asker = restored((some) => found.push(...some))
    const answerer = neighbour(known)
    expect([asker.quiet, answerer.quiet]).toEqual([false, true])
    const { rejected, sizes } = await meet(asker, answerer)
    expect(found).toEqual(known)
    expect(rejected).toEqual([])
    expect(Math.max(...sizes)).toBeLessThan(32 * 1024)
  })

  test('two devices with the same words tell each other', async () => {
    const found: RecoveredRoom[][] = []
    const known = rooms(1)
    const both = new RecoveryMeeting({
      recovery: words.publicKey,
      rooms: () => Promise.resolve(known),
      ask: { keyPair: words, onrooms: (some) => found.push(some) },
    })
    const { rejected } = await meet(
      both,
      restored((some) => found.push(some)),
    )
    expect(found).toEqual([known])
    expect(rejected).toEqual([])
  })

  test('whoever only knows the public key is told nothing', async () => {
    let asked = false
    const found: RecoveredRoom[] = []
    const pretender = restored((some) => found.push(...some), keyPairFromSeed(random.bytes(32)))
    const { rejected } = await meet(
      pretender,
      neighbour(rooms(1), () => (asked = true)),
    )
    expect(rejected).toEqual(['a proof of the 24 words does not hold'])
    expect([asked, found]).toEqual([false, []])
  })

  test('a neighbour is met once the proof holds, and not before', () => {
    const handshakeHash = Buffer.alloc(64, 7)
    let met = 0
    const end = neighbour(rooms(1)).open({
      handshakeHash,
      initiator: true,
      send: () => {},
      met: () => met++,
      reject: () => {},
    })
    const claim = (keyPair: typeof words): Buffer => {
      const asker = restored(() => {}, keyPair)
      return asker.knock({ handshakeHash, initiator: false })!
    }
    end.onknock!(claim(keyPairFromSeed(random.bytes(32))))
    expect(met).toBe(0)
    end.onknock!(claim(words))
    expect(met).toBe(1)
    expect(neighbour([]).knock({ handshakeHash, initiator: true })).toBeUndefined()
  })

  test('A6: a claim from another connection, or sent back, is worth nothing', () => {
    for (const [hash, side] of [
      [random.bytes(64), false],
      [Buffer.alloc(64, 7), true],
    ] as const) {
      const rejected: string[] = []
      const end = neighbour(rooms(1)).open({
        handshakeHash: Buffer.alloc(64, 7),
        initiator: true,
        send: () => {},
        met: () => {},
        reject: (reason) => rejected.push(reason),
      })
      const signature = signClaim(hash, side, words.secretKey)
      end.onknock!(signature)
      expect(rejected).toHaveLength(1)
    }
  })

  test('a neighbour that goes on and on is cut off', async () => {
    const found: RecoveredRoom[] = []
    const flood: Meeting = {
      matchKey: Buffer.alloc(32),
      quiet: true,
      open: (wire) => {
        const ends = Array.from({ length: 9 }, () => neighbour(rooms(32)).open(wire))
        return {
          onmessage: () => {},
          onknock: (data) => ends.forEach((end) => end.onknock!(data)),
          onclose: () => {},
        }
      },
    }
    const { rejected } = await meet(
      restored((some) => found.push(...some)),
      flood,
    )
    expect(found).toHaveLength(256)
    expect(rejected).toHaveLength(1)
  })
})

describe('the room of own devices', () => {
  const own = (n: number): RecoveredRoom => ({ ...rooms(1)[0]!, personal: n })
  let ann: DeviceKeys
  let mallory: DeviceKeys
  let phone: Pick<DeviceKeys, 'person' | 'device' | 'attestation'>
  const said: RecoveredRoom[] = []
  let trusted = true

  beforeAll(async () => {
    ;[ann, mallory] = (await people(2)) as [DeviceKeys, DeviceKeys]
    const device = keyPairFromSeed(random.bytes(32))
    const attestation = IdentityKey.attestDevice(device.publicKey, ann.device, ann.attestation)
    phone = { person: ann.person, device, attestation: Buffer.from(attestation) }
  })

  function device(keys: typeof phone, room: RecoveredRoom | null): RecoveryMeeting {
    return new RecoveryMeeting({
      recovery: words.publicKey,
      rooms: () => Promise.resolve([]),
      ask: { keyPair: words, onrooms: (some) => said.push(...some) },
      own: {
        keys,
        personal: () => Promise.resolve(room),
        trusts: () => trusted,
        onpersonal: (found) => said.push(found),
      },
    })
  }

  test('is told of by one of them', async () => {
    const room = own(2)
    said.length = 0
    const { rejected } = await meet(device(ann, room), device(phone, null))
    expect([said, rejected]).toEqual([[room], []])
  })

  test('is not told of by one that was cut off', async () => {
    said.length = 0
    trusted = false
    await meet(device(ann, own(2)), device(phone, null))
    trusted = true
    expect(said).toEqual([])
  })

  test('is none that a neighbour says is one, with what it has or with nothing', async () => {
    said.length = 0
    const liar = neighbour([own(2)])
    const { rejected } = await meet(device(phone, null), liar)
    expect(rejected).toHaveLength(1)
    // Who it is does hold; only it is somebody else.
    const other = await meet(device(mallory, own(2)), device(phone, null))
    expect(other.rejected).toHaveLength(1)
    expect(said).toEqual([])
  })

  test('A6: a proof of another connection, or sent back, is worth nothing', () => {
    const handshakeHash = Buffer.alloc(64, 7)
    const sealed = sealRooms([own(2)], words.publicKey)
    said.length = 0
    for (const [hash, side] of [
      [random.bytes(64), false],
      [handshakeHash, true],
      [handshakeHash, false],
    ] as const) {
      const rejected: string[] = []
      const end = device(phone, null).open({
        handshakeHash,
        initiator: true,
        send: () => {},
        met: () => {},
        reject: (reason) => rejected.push(reason),
      })
      end.onmessage(encodeRecovery({ type: 'personal', sealed, ...proveDevice(hash, side, ann) }))
      const holds = hash === handshakeHash && !side
      expect(rejected).toHaveLength(holds ? 0 : 1)
      expect(said).toHaveLength(holds ? 1 : 0)
    }
  })
})
