import { describe, expect, test } from '@jest/globals'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import { seededRandom } from '../../core/random.ts'
import { RecoveryMeeting } from '../../core/self/recovery-meeting.ts'
import { encodeRecovery, signClaim } from '../../core/self/recovery-messages.ts'
import type { RecoveredRoom } from '../../core/self/recovery-messages.ts'
import type { Meeting } from '../../core/session/meeting.ts'

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
      reject: (reason) => rejected.push(reason),
    }),
  )
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
        reject: (reason) => rejected.push(reason),
      })
      const signature = signClaim(hash, side, words.secretKey)
      end.onmessage(encodeRecovery({ type: 'claim', signature }))
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
          onmessage: (data) => ends.forEach((end) => end.onmessage(data)),
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
