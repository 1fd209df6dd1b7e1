import NoiseSecretStream from '@hyperswarm/secret-stream'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Bucket } from '../../core/circuit/bucket.ts'
import { FindBook } from '../../core/circuit/find-book.ts'
import { Leg } from '../../core/circuit/leg.ts'
import type { LegSink } from '../../core/circuit/leg.ts'
import {
  circuitMessages,
  CLOSES,
  FRAME,
  MAX_DATA,
  MAX_TAGS,
  WINDOW,
} from '../../core/circuit/messages.ts'
import type { CircuitSenders, DataMessage, FindMessage } from '../../core/circuit/messages.ts'
import { missingDevices } from '../../core/circuit/missing.ts'
import {
  answerTo,
  dayOf,
  findTag,
  isAnswer,
  paddedFind,
  pairSecret,
} from '../../core/circuit/pair-tags.ts'
import {
  dueAt,
  hopsFor,
  nextDue,
  renewed,
  restAfter,
  toSeek,
} from '../../core/circuit/seek-policy.ts'
import type { Sought } from '../../core/circuit/seek-policy.ts'
import { encode, tryDecode } from '../../core/codec/codec.ts'
import type { Codec } from '../../core/codec/codec.ts'
import { seededRandom } from '../../core/random.ts'

const RUNS = 3_500
const random = seededRandom(3)
const id = random.bytes(16)

describe('messages', () => {
  const tag = random.bytes(16)
  const valid: { [Name in keyof typeof circuitMessages]: object } = {
    find: { id, hops: 8, tags: Array.from({ length: 8 }, () => random.bytes(16)) },
    found: { id, answer: tag },
    open: { circuit: 7, id, answer: tag },
    data: { circuit: 7, data: random.bytes(300) },
    credit: { circuit: 7, bytes: WINDOW },
    close: { circuit: 7, reason: CLOSES.length - 1 },
  }

  test.each(Object.entries(circuitMessages))('%s comes back as it was', (name, codec) => {
    const value = valid[name as keyof typeof valid]
    expect(tryDecode(codec as Codec<unknown>, encode(codec as Codec<unknown>, value))).toEqual(
      value,
    )
  })

  test.each(Object.entries(circuitMessages))(
    'A12: %s survives arbitrary and mutated bytes',
    (name, codec) => {
      const bytes = encode(codec as Codec<unknown>, valid[name as keyof typeof valid])
      const inputs = fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        fc
          .tuple(fc.nat(bytes.byteLength - 1), fc.nat(255), fc.nat(bytes.byteLength))
          .map(([at, byte, end]) => {
            const mutated = Buffer.from(bytes)
            mutated[at] = byte
            return mutated.subarray(0, end || bytes.byteLength)
          }),
      )
      fc.assert(
        fc.property(inputs, (input) => {
          const value = tryDecode(codec as Codec<unknown>, input)
          if (value === null) return true
          const { tags = [], hops = 1, data = id } = value as Partial<FindMessage & DataMessage>
          return tags.length <= MAX_TAGS && hops > 0 && data.byteLength > 0
        }),
        { numRuns: RUNS, seed: 12 },
      )
    },
  )

  test('A11: a piece over 16 KiB, an empty one, and a find that goes nowhere are refused', () => {
    const long = encode(circuitMessages.data, { circuit: 1, data: Buffer.alloc(MAX_DATA) })
    expect(tryDecode(circuitMessages.data, long)).not.toBeNull()
    const longer = Buffer.concat([Buffer.from([1, 0xfd, 1, 0x40]), Buffer.alloc(MAX_DATA + 1)])
    expect(tryDecode(circuitMessages.data, longer)).toBeNull()
    expect(tryDecode(circuitMessages.data, Buffer.from([1, 0]))).toBeNull()
    expect(tryDecode(circuitMessages.find, Buffer.concat([id, Buffer.from([0, 0])]))).toBeNull()
    expect(tryDecode(circuitMessages.find, Buffer.concat([id, Buffer.from([9, 0])]))).toBeNull()
  })
})

describe('tags', () => {
  const [a, b, c] = [1, 2, 3].map((n) => NoiseSecretStream.keyPair(Buffer.alloc(32, n)))

  test('both devices of a pair make the same, and nobody else does', () => {
    const ours = pairSecret(a!, b!.publicKey)!
    expect(pairSecret(b!, a!.publicKey)).toEqual(ours)
    expect(pairSecret(c!, a!.publicKey)).not.toEqual(ours)
    const found = findTag(ours, id, 5, a!.publicKey)
    expect(findTag(pairSecret(b!, a!.publicKey)!, id, 5, a!.publicKey)).toEqual(found)
  })

  test('each find, day, side and purpose has another one', () => {
    const ours = pairSecret(a!, b!.publicKey)!
    const tags = [
      findTag(ours, id, 5, a!.publicKey),
      findTag(ours, random.bytes(16), 5, a!.publicKey),
      findTag(ours, id, 6, a!.publicKey),
      findTag(ours, id, 5, b!.publicKey),
      answerTo(ours, id, 5, a!.publicKey, Buffer.alloc(8)),
    ]
    expect(new Set(tags.map((one) => one.toString('hex'))).size).toBe(tags.length)
  })

  test('an answer is another one each time, and is known by the pair alone', () => {
    const ours = pairSecret(a!, b!.publicKey)!
    const seeker = a!.publicKey
    const [one, other] = [0, 1].map(() => answerTo(ours, id, 5, seeker, random.bytes(8)))
    expect(one).toHaveLength(16)
    expect(one!.subarray(8)).not.toEqual(other!.subarray(8))
    for (const answer of [one!, other!]) {
      expect(isAnswer(answer, ours, id, 5, seeker)).toBe(true)
      expect(isAnswer(answer, pairSecret(c!, a!.publicKey)!, id, 5, seeker)).toBe(false)
      expect(isAnswer(answer, ours, id, 6, seeker)).toBe(false)
      for (let at = 0; at < 16; at++) {
        const forged = Buffer.from(answer)
        forged[at]! ^= 1
        expect(isAnswer(forged, ours, id, 5, seeker)).toBe(false)
      }
    }
  })

  test('what is no key has no secret', () => {
    expect(pairSecret(a!, Buffer.alloc(32, 255))).toBeNull()
  })

  test('the number of tags says little, and their order nothing', () => {
    const tags = Array.from({ length: 5 }, () => random.bytes(16))
    const out = paddedFind(tags, random)
    expect(out).toHaveLength(8)
    expect(out.filter((one) => tags.includes(one))).toHaveLength(5)
    expect(
      paddedFind(
        Array.from({ length: 99 }, () => id),
        random,
      ),
    ).toHaveLength(MAX_TAGS)
    expect(dayOf(0)).toBe(0)
    expect(dayOf(86_400_000 * 3 - 1)).toBe(2)
  })
})

describe('when and for whom', () => {
  const one: Sought = { urgent: true, attempts: 0, since: 0, jitter: 0 }

  test('soon at first, then ever more seldom; later for those that a room does without', () => {
    const waits = (urgent: boolean): number[] =>
      [0, 1, 2, 3, 20].map((attempts) => dueAt({ ...one, urgent, attempts }))
    expect(waits(true)).toEqual([1_000, 3_000, 6_000, 12_000, 120_000])
    expect(waits(false)).toEqual([20_000, 40_000, 80_000, 160_000, 600_000])
    expect([0, 1, 2, 9].map(hopsFor)).toEqual([2, 4, 8, 8])
  })

  test('after a neighbour came soon and often again, as far as before and never later', () => {
    const tried = { ...one, attempts: 9, since: 0 }
    const again = renewed(tried, 10_000)
    expect([dueAt(again), again.attempts, hopsFor(again.attempts)]).toEqual([11_000, 3, 8])
    expect(dueAt(renewed(again, 10_500))).toBe(11_000)
    expect(dueAt(renewed({ ...tried, urgent: false }, 10_000))).toBe(30_000)
    expect(dueAt(renewed(one, 500))).toBe(1_000)
  })

  test('urgent ones go first, and nobody who is not due', () => {
    const apart = { ...one, urgent: false, since: -100_000 }
    const late = { ...one, since: -5_000 }
    const early = { ...one, since: 10_000 }
    expect(toSeek([apart, one, early, late], 2_000, 2)).toEqual([late, one])
    expect(toSeek([apart, one, early, late], 2_000, 9)).toEqual([late, one, apart])
    expect(nextDue([early, one])).toBe(1_000)
    expect(nextDue([])).toBe(Infinity)
  })

  test('a way that broke is sought at once, one that refused later, one that fell silent last', () => {
    expect(restAfter('lost')).toBe(0)
    expect(restAfter('ended')).toBe(0)
    expect(restAfter('busy')).toBeGreaterThan(0)
    expect(restAfter(null)).toBeGreaterThan(restAfter('busy'))
  })

  test('missing are members that are in, not linked and not blocked; those of a room that stands still first', () => {
    const device = (person: string, standing = 'in'): { person: string; standing: string } => ({
      person,
      standing,
    })
    const busy = {
      joined: true,
      devices: [
        ['own', device('me')],
        ['near', device('ann')],
        ['far', device('bob')],
        ['both', device('eve')],
        ['out', device('tom', 'removed')],
        ['pest', device('pest')],
      ] as const,
    }
    const still = {
      joined: true,
      devices: [
        ['own', device('me')],
        ['both', device('eve')],
      ] as const,
    }
    const waiting = { joined: false, devices: [['host', device('host')]] as const }
    const facts = {
      rooms: [busy, still, waiting],
      linked: new Set(['near']),
      own: 'own',
      blocked: (person: string) => person === 'pest',
    }
    expect(missingDevices(facts, 9)).toEqual([
      { device: 'both', urgent: true },
      { device: 'far', urgent: false },
    ])
    expect(missingDevices(facts, 1)).toEqual([{ device: 'both', urgent: true }])
  })
})

describe('finds that are remembered', () => {
  const [from, to, other] = [{}, {}, {}]

  test('answers count from whom was asked, once each, and few from one', () => {
    const book = new FindBook<object>()
    const noted = book.note('find', from!, 0)
    noted.sent.set(to!, 0)
    expect(book.answered(noted, 'x', other!)).toBe(false)
    expect(
      ['x', 'x', 'y', 'z', 'u', 'v'].map((answer) => book.answered(noted, answer, to!)),
    ).toEqual([true, false, true, true, true, false])
    expect(book.get('find', 59_999)).toBe(noted)
    expect(book.get('find', 60_000)).toBeUndefined()
  })

  test('A14: a flood of one link forgets its own finds alone', () => {
    const book = new FindBook<object>()
    book.note('honest', other!, 0)
    for (let n = 0; n < 10_000; n++) book.note(`flood ${n}`, from!, 0)
    expect(book.get('honest', 1)).toBeDefined()
    expect(book.size).toBe(257)
    book.forget(from!)
    expect(book.size).toBe(1)
  })
})

describe('a bucket', () => {
  test('gives what it holds, refills, and waits for what is owed', () => {
    const bucket = new Bucket(10, 2)
    expect([
      bucket.take(10, 0),
      bucket.take(1, 0),
      bucket.take(1, 500),
      bucket.take(1, 500),
    ]).toEqual([true, false, true, false])
    bucket.spend(20, 1_000)
    expect(bucket.wait(1_000)).toBe(10_000)
    expect(bucket.wait(12_000)).toBe(0)
    expect(bucket.take(11, 1_000_000)).toBe(false)
    expect(bucket.take(10, 1_000_000)).toBe(true)
  })
})

/** Two legs of one circuit on one link, whose words wait to be delivered. */
class Wire {
  readonly said: (() => boolean)[] = []
  readonly gone: Leg[] = []
  allowed = 0
  readonly one = this.#leg(() => this.other)
  readonly other: Leg = this.#leg(() => this.one)

  /** Delivers all words; false when one was against the rules. */
  flow(): boolean {
    let right = true
    for (let next = this.said.shift(); next; next = this.said.shift()) right = next() && right
    return right
  }

  /** Sends all that a leg has credit for. */
  pump(leg: Leg): void {
    while (leg.sendable) leg.sendNext()
  }

  #leg(to: () => Leg): Leg {
    const say = (word: () => boolean): boolean => this.said.push(word) > 0
    const send = {
      data: { send: ({ data }: { data: Buffer }) => say(() => to().ondata(data)) },
      credit: { send: ({ bytes }: { bytes: number }) => say(() => to().oncredit(bytes)) },
      close: { send: ({ reason }: { reason: number }) => say(() => to().onclose(reason)) },
    } as unknown as CircuitSenders
    return new Leg(1, {
      narrow: false,
      send,
      allow: (bytes) => (this.allowed += bytes),
      wake: () => {},
      gone: (leg) => this.gone.push(leg),
    })
  }
}

class Basin implements LegSink {
  data: Buffer[] = []
  cost = 0
  closes: string[] = []
  isGone = false

  ondata(data: Buffer, cost: number): void {
    this.data.push(data)
    this.cost += cost
  }

  onclose(reason: string): void {
    this.closes.push(reason)
  }

  ongone(): void {
    this.isGone = true
  }
}

describe('a circuit on one link', () => {
  test('what waits for credit waits at the sender, and goes on as it is consumed', () => {
    const wire = new Wire()
    const basin = new Basin()
    wire.other.join(basin)
    let sent = false
    wire.one.write(Buffer.alloc(200_000, 1), () => (sent = true))
    wire.pump(wire.one)
    expect(wire.flow()).toBe(true)
    expect(basin.cost).toBeLessThanOrEqual(WINDOW)
    expect(basin.cost).toBeGreaterThan(WINDOW - MAX_DATA - FRAME)
    expect(wire.one.queued).toBeGreaterThan(100_000)
    for (let round = 0; round < 9; round++) {
      wire.other.consumed(basin.cost)
      basin.cost = 0
      wire.flow()
      wire.pump(wire.one)
      wire.flow()
    }
    expect(sent).toBe(true)
    expect(Buffer.concat(basin.data)).toEqual(Buffer.alloc(200_000, 1))
  })

  test('data beyond the credit, credit beyond the window and words after the end are against the rules', () => {
    const flood = new Wire()
    let frames = 0
    while (flood.one.ondata(Buffer.alloc(MAX_DATA))) frames += 1
    expect(frames).toBe(3)
    const tiny = new Wire()
    for (frames = 0; tiny.one.ondata(Buffer.alloc(1)); frames++);
    expect(frames).toBe(Math.floor(WINDOW / (1 + FRAME)))
    expect(new Wire().one.oncredit(1)).toBe(false)
    const ended = new Wire().one
    expect([ended.onclose(0), ended.ondata(Buffer.alloc(1))]).toEqual([true, false])
    expect(ended.onclose(0)).toBe(false)
  })

  test('an end leaves the other direction open, and is said after all that waits', () => {
    const wire = new Wire()
    const [left, right] = [new Basin(), new Basin()]
    wire.one.join(left)
    wire.other.join(right)
    wire.one.write(Buffer.from('last words'), () => {})
    wire.one.end()
    wire.pump(wire.one)
    expect(wire.flow()).toBe(true)
    expect([right.data.join(), right.closes, right.isGone]).toEqual([
      'last words',
      ['ended'],
      false,
    ])
    wire.other.write(Buffer.from('answer'), () => {})
    wire.other.end()
    wire.pump(wire.other)
    expect(wire.flow()).toBe(true)
    expect([left.data.join(), left.closes]).toEqual(['answer', ['ended']])
    expect(wire.gone).toHaveLength(2)
  })

  test.each([0, 1, 2, 3, 4])(
    'however ends and aborts cross, both forget it and nobody waits (%i)',
    (order) => {
      const wire = new Wire()
      const acts = [
        () => wire.one.end(),
        () => wire.pump(wire.one),
        () => wire.one.abort('gone'),
        () => wire.other.end(),
        () => wire.pump(wire.other),
        () => wire.flow(),
        () => wire.other.abort('lost'),
      ]
      let waiting = 2
      wire.one.write(Buffer.alloc(WINDOW * 2), () => (waiting -= 1))
      wire.other.write(Buffer.alloc(WINDOW * 2), () => (waiting -= 1))
      for (let n = 0; n < acts.length; n++) acts[(n * (order + 2) + order) % acts.length]!()
      wire.flow()
      expect([wire.one.gone, wire.other.gone, waiting]).toEqual([true, true, 0])
    },
  )

  test('a link that is gone lets go of who waits', () => {
    const wire = new Wire()
    const basin = new Basin()
    wire.one.join(basin)
    let sent = false
    wire.one.write(Buffer.alloc(WINDOW * 2), () => (sent = true))
    wire.one.lost()
    expect([sent, basin.closes, basin.isGone, wire.one.queued]).toEqual([true, ['lost'], true, 0])
    wire.one.write(Buffer.alloc(5), () => (sent = false))
    expect(sent).toBe(false)
    expect(wire.one.sendable).toBe(false)
  })
})
