import { afterEach, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import fc from 'fast-check'
import { seededRandom, systemRandom } from '../../core/random.ts'
import { createIdentity, isSignedBy } from '../../transports/preface/instance-identity.ts'
import {
  HELLO_BYTES,
  decodeHello,
  decodeTopics,
  encodeHello,
  encodeTopics,
  topicHash,
  topicsBytes,
  transcript,
} from '../../transports/preface/preface-codec.ts'
import { PREFACE_MS, runPreface } from '../../transports/preface/preface.ts'
import type { PrefaceOptions, PrefaceResult } from '../../transports/preface/preface.ts'
import { patientClock } from '../compliance/patient-clock.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const TOPIC = randomBytes(32)
const SIGNATURE = Buffer.alloc(64, 1)

describe('the preface on the wire', () => {
  test('no hello or topics make a decoder throw, and what is read is bounded', () => {
    const start = encodeHello({
      key: Buffer.alloc(32),
      nonce: Buffer.alloc(16),
      port: 1,
      generation: 1,
    })
    const hello = fc
      .tuple(fc.nat(HELLO_BYTES - 1), fc.nat(255))
      .map(([at, byte]) => Buffer.from(start).fill(byte, at, at + 1))
    const length = fc.oneof(
      fc.nat(1_200),
      fc.nat(66).map((count) => count * 16 + 64),
    )
    // Slices of some random bytes: fast-check's own long arrays would take most of the time.
    const noise = seededRandom(7).bytes(65_536)
    const junk = fc.tuple(length, fc.nat(60_000)).map(([n, at]) => noise.subarray(at, at + n))
    let read = 0
    fc.assert(
      fc.property(fc.oneof(hello, junk), (bytes) => {
        const peer = decodeHello(bytes)
        const topics = decodeTopics(bytes)
        if (peer || topics) read += 1
        if (peer && (peer.key.length !== 32 || peer.nonce.length !== 16)) return false
        return topics === undefined || topics.hashes.size <= 64
      }),
      { numRuns: 100_000 },
    )
    expect(read).toBeGreaterThan(10_000)
    expect(decodeHello(start)?.port).toBe(1)
  })

  test('the number of topics is padded to eight, and its bounds are kept', () => {
    for (const [count, padded] of [
      [0, 8],
      [1, 8],
      [8, 8],
      [9, 16],
      [64, 64],
    ] as const) {
      const hashes = Array.from({ length: count }, () => randomBytes(16).toString('hex'))
      const bytes = encodeTopics(hashes, SIGNATURE, systemRandom)
      expect(bytes[0]).toBe(padded)
      const read = decodeTopics(bytes.subarray(1))
      expect(bytes.length - 1).toBe(topicsBytes(padded))
      expect([...(read?.hashes ?? [])]).toEqual(expect.arrayContaining(hashes))
      expect(read?.signature).toEqual(SIGNATURE)
    }
    expect(topicsBytes(0)).toBeUndefined()
    expect(topicsBytes(65)).toBeUndefined()
    expect(decodeTopics(Buffer.alloc(65 * 16 + 64))).toBeUndefined()
  })

  test('a topic has another name on each side, in each preface and on each medium', () => {
    const [a, b, c] = [randomBytes(64), randomBytes(64), randomBytes(64)]
    const names = [
      transcript('lan', 'dialler', { dialler: a, acceptor: b }),
      transcript('lan', 'acceptor', { dialler: a, acceptor: b }),
      transcript('lan', 'dialler', { dialler: a, acceptor: c }),
      transcript('ble', 'dialler', { dialler: a, acceptor: b }),
    ]
    expect(new Set(names.map((bound) => topicHash(TOPIC, bound))).size).toBe(4)
  })

  test('only the holder of its key signs for an instance', () => {
    const [own, other] = [createIdentity(seededRandom(1)), createIdentity(seededRandom(2))]
    expect(own.id).not.toBe(other.id)
    const message = Buffer.from('hellos')
    expect(isSignedBy(own.key, message, own.sign(message))).toBe(true)
    expect(isSignedBy(own.key, message, other.sign(message))).toBe(false)
    expect(isSignedBy(own.key, Buffer.from('others'), own.sign(message))).toBe(false)
    expect(isSignedBy(Buffer.alloc(31), message, own.sign(message))).toBe(false)
    expect(isSignedBy(Buffer.alloc(32, 255), message, Buffer.alloc(64))).toBe(false)
  })
})

describe('the preface between two devices', () => {
  let server: Server | undefined
  const sockets: Socket[] = []

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    if (server) await new Promise((resolve) => server?.close(resolve))
    server = undefined
  })

  /** The two ends of a fresh connection: the dialler's first. */
  async function pair(): Promise<[Socket, Socket]> {
    const listening = createServer().listen(0, '127.0.0.1')
    server = listening
    await once(listening, 'listening')
    const dialler = connect((listening.address() as AddressInfo).port, '127.0.0.1')
    const [accepted] = (await once(listening, 'connection')) as [Socket]
    if (dialler.connecting) await once(dialler, 'connect')
    for (const socket of [dialler, accepted]) socket.on('error', () => {})
    sockets.push(dialler, accepted)
    return [dialler, accepted]
  }

  function device(seed: number, side: PrefaceOptions['side'], topics = [TOPIC]): PrefaceOptions {
    const identity = createIdentity(seededRandom(seed))
    const self = { identity, port: 4000 + seed, generation: seed, topics }
    const clock = patientClock(PREFACE_MS)
    return { clock, random: systemRandom, medium: 'lan', side, self: () => self }
  }

  async function meet(first: PrefaceOptions, second: PrefaceOptions): Promise<PrefaceResult[]> {
    const [dialler, accepted] = await pair()
    return Promise.all([runPreface(dialler, first), runPreface(accepted, second)])
  }

  test('a topic in common makes a link; each learns the other’s port and id', async () => {
    const [a, b] = [device(1, 'dialler'), device(2, 'acceptor', [randomBytes(32), TOPIC])]
    const [own, other] = await meet(a, b)
    expect(own).toMatchObject({ outcome: 'common', peer: { port: 4002, id: b.self().identity.id } })
    expect(other).toMatchObject({
      outcome: 'common',
      peer: { port: 4001, id: a.self().identity.id },
    })
  })

  test('bytes that follow the preface reach the link’s owner, whole', async () => {
    const [dialler, accepted] = await pair()
    const sent = randomBytes(200_000)
    const arrived: Buffer[] = []
    let size = 0
    const full = new Promise<void>((resolve) => {
      void runPreface(accepted, device(2, 'acceptor')).then(() => {
        accepted.on('data', (data: Buffer) => {
          arrived.push(data)
          if ((size += data.length) === sent.length) resolve()
        })
      })
    })
    await runPreface(dialler, device(1, 'dialler'))
    dialler.write(sent)
    await full
    expect(Buffer.concat(arrived).equals(sent)).toBe(true)
  })

  test('without a topic in common both know, and the connection ends', async () => {
    const [dialler, accepted] = await pair()
    const closed = Promise.all([once(dialler, 'close'), once(accepted, 'close')])
    const results = await Promise.all([
      runPreface(dialler, device(1, 'dialler')),
      runPreface(accepted, device(2, 'acceptor', [randomBytes(32)])),
    ])
    expect(results.map(({ outcome }) => outcome)).toEqual(['stranger', 'stranger'])
    await closed
  })

  test('dialling oneself is noticed on both ends', async () => {
    const outcomes = await meet(device(1, 'dialler'), device(1, 'acceptor'))
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['self', 'self'])
  })

  test('a dialler that has a link already ends it at the hello', async () => {
    const results = await meet(
      { ...device(1, 'dialler'), wanted: () => false },
      device(2, 'acceptor'),
    )
    expect(results.map(({ outcome }) => outcome)).toEqual(['unwanted', 'failed'])
  })

  test('one that claims another instance’s key is refused', async () => {
    const honest = createIdentity(seededRandom(3))
    const forged = createIdentity(seededRandom(4))
    const claim = {
      ...device(4, 'dialler').self(),
      identity: { ...forged, id: honest.id, key: honest.key },
    }
    const [, other] = await meet(
      { ...device(4, 'dialler'), self: () => claim },
      device(2, 'acceptor'),
    )
    expect(other).toEqual({ outcome: 'failed' })
  })

  test('one that sends back the hashes it was shown has nothing in common', async () => {
    const [dialler, accepted] = await pair()
    const result = runPreface(accepted, device(2, 'acceptor'))
    const thief = createIdentity(seededRandom(5))
    const hello = encodeHello({ key: thief.key, nonce: randomBytes(16), port: 1, generation: 0 })
    dialler.write(hello)
    const answer: Buffer[] = []
    const expected = HELLO_BYTES + 1 + (topicsBytes(8) ?? 0)
    while (Buffer.concat(answer).length < expected)
      answer.push(...((await once(dialler, 'data')) as Buffer[]))
    const shown = Buffer.concat(answer)
    const topics = decodeTopics(shown.subarray(HELLO_BYTES + 1))
    const bound = transcript('lan', 'dialler', {
      dialler: hello,
      acceptor: shown.subarray(0, HELLO_BYTES),
    })
    dialler.write(encodeTopics([...(topics?.hashes ?? [])], thief.sign(bound), systemRandom))
    expect((await result).outcome).toBe('stranger')
  })

  test('one that says nothing, or too little, is dropped after three seconds', async () => {
    for (const said of [
      Buffer.alloc(0),
      Buffer.from('PL'),
      device(1, 'dialler').self().identity.key,
    ]) {
      const [dialler, accepted] = await pair()
      const clock = new VirtualClock()
      const result = runPreface(accepted, { ...device(2, 'acceptor'), clock })
      dialler.write(said)
      await clock.run(PREFACE_MS - 1)
      expect(accepted.destroyed).toBe(false)
      await clock.run(1)
      expect(await result).toEqual({ outcome: 'failed' })
      expect(accepted.destroyed).toBe(true)
      server?.close()
    }
  })

  test('whatever a stranger sends, the preface ends in failure', async () => {
    const start = encodeHello({
      key: randomBytes(32),
      nonce: randomBytes(16),
      port: 1,
      generation: 0,
    })
    const junk = fc.uint8Array({ minLength: HELLO_BYTES, maxLength: 300, size: 'max' })
    await fc.assert(
      fc.asyncProperty(junk, fc.boolean(), async (bytes, likeHello) => {
        const [dialler, accepted] = await pair()
        const result = runPreface(accepted, device(2, 'acceptor'))
        dialler.resume().end(likeHello ? Buffer.concat([start, bytes]) : bytes)
        expect(await result).toEqual({ outcome: 'failed' })
        server?.close()
      }),
      { numRuns: 150 },
    )
  })
})
