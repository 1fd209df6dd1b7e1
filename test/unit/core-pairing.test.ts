import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import IdentityKey from 'keet-identity-key'
import type { PorchlightError } from '../../core/errors.ts'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import { seededRandom } from '../../core/random.ts'
import { formatPairingCode, parsePairingCode } from '../../core/self/pairing-code.ts'
import { PairingGuest } from '../../core/self/pairing-guest.ts'
import { PairingHost } from '../../core/self/pairing-host.ts'
import {
  decodePairing,
  encodePairing,
  pairingDigits,
  signHello,
} from '../../core/self/pairing-messages.ts'
import type { PairingGrant, PairingMessage } from '../../core/self/pairing-messages.ts'
import type { Meeting, MeetingEnd } from '../../core/session/meeting.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const random = seededRandom(9)
const device = (): ReturnType<typeof keyPairFromSeed> => keyPairFromSeed(random.bytes(32))
const TEN_MINUTES = 600_000

interface Wired {
  readonly rejected: string[]
  readonly said: { from: 'a' | 'b'; message: PairingMessage }[]
  readonly settle: () => Promise<void>
  ends: { a: MeetingEnd; b: MeetingEnd }
}

/** Both ends of one connection; what is said is handed over only by `settle`. */
function wire(a: Meeting, b: Meeting, handshakeHash = random.bytes(64)): Wired {
  const queue: { to: 'a' | 'b'; data: Buffer }[] = []
  const rejected: string[] = []
  const said: Wired['said'] = []
  const end = (meeting: Meeting, name: 'a' | 'b'): MeetingEnd =>
    meeting.open({
      handshakeHash,
      initiator: name === 'a',
      send: (data) => {
        said.push({ from: name, message: decodePairing(data)! })
        queue.push({ to: name === 'a' ? 'b' : 'a', data })
      },
      met: () => {},
      reject: (reason) => rejected.push(reason),
    })
  const ends = { a: end(a, 'a'), b: end(b, 'b') }
  return {
    rejected,
    said,
    ends,
    settle: async () => {
      for (let quiet = 0; quiet < 20; quiet++) {
        await Promise.resolve()
        for (const { to, data } of queue.splice(0)) {
          quiet = 0
          ends[to].onmessage(data)
        }
      }
    },
  }
}

let person: IdentityKey
let clock: VirtualClock
let offering: ReturnType<typeof device>
let seed: Buffer
let adopted: PairingGrant[]
let granted: Buffer[]

function host(options: { confirm?: boolean; grant?: 'too-far' } = {}): PairingHost {
  return new PairingHost({
    seed,
    expiresAt: clock.now() + TEN_MINUTES,
    confirm: options.confirm ?? false,
    device: offering,
    name: 'kitchen',
    clock,
    grant: async (key) => {
      granted.push(key)
      if (options.grant) return options.grant
      return {
        type: 'grant',
        person: person.identityPublicKey,
        attestation: Buffer.from(await person.bootstrap(key)),
        recovery: Buffer.alloc(32, 1),
        nickname: 'Ann',
        room: Buffer.alloc(32, 2),
        encryptionKey: Buffer.alloc(32, 3),
      }
    },
    onchange: () => {},
  })
}

function guest(keys = device(), code = { seed, device: offering.publicKey }): PairingGuest {
  return new PairingGuest({
    code,
    device: keys,
    name: 'phone',
    adopt: (grant) => {
      adopted.push(grant)
      return Promise.resolve()
    },
    onchange: () => {},
  })
}

const failure = (of: PairingGuest): Promise<string> =>
  of.result.then(
    () => 'none',
    (error: PorchlightError) => error.code,
  )

beforeAll(async () => {
  person = await IdentityKey.from({
    seed: await IdentityKey.deriveSeed(IdentityKey.generateMnemonic()),
  })
})

beforeEach(() => {
  clock = new VirtualClock()
  offering = device()
  seed = random.bytes(16)
  adopted = []
  granted = []
})

describe('a pairing', () => {
  test('the empty device takes over who it is, and both show the same six digits', async () => {
    const from = host()
    const to = guest()
    const { settle, rejected } = wire(from, to)
    await settle()
    await to.result
    expect(adopted).toHaveLength(1)
    expect(from.state).toMatchObject({ state: 'paired', device: { name: 'phone' } })
    expect(to.state).toMatchObject({ state: 'paired', device: { name: 'kitchen' } })
    expect(from.state.digits).toMatch(/^\d{6}$/)
    expect(to.state.digits).toBe(from.state.digits)
    expect(rejected).toEqual([])
  })

  test('with `confirm` nothing is given before a human said yes', async () => {
    const from = host({ confirm: true })
    const to = guest()
    const { settle } = wire(from, to)
    await settle()
    expect(from.state.state).toBe('asking')
    expect(granted).toEqual([])
    from.answer(true)
    await settle()
    await to.result
    expect(from.state.state).toBe('paired')
  })

  test('no is no, and ends the offer', async () => {
    const from = host({ confirm: true })
    const to = guest()
    const { settle } = wire(from, to)
    await settle()
    from.answer(false)
    await settle()
    expect(await failure(to)).toBe('NOT_ALLOWED')
    expect(from.state.state).toBe('failed')
    const again = guest()
    await wire(from, again).settle()
    expect(await failure(again)).toBe('BAD_INVITE')
    expect(granted).toEqual([])
  })

  test('a code lets in one device: another is refused, the same one may come again', async () => {
    const from = host()
    const keys = device()
    const lost = guest(keys)
    const first = wire(from, lost)
    // Its connection breaks before the answer arrives.
    first.ends.b.onmessage = (): void => {}
    await first.settle()
    first.ends.a.onclose()
    expect(from.state.state).toBe('asking')
    const other = guest()
    await wire(from, other).settle()
    expect(await failure(other)).toBe('BAD_INVITE')
    const back = guest(keys)
    await wire(from, back).settle()
    await back.result
    expect(granted).toHaveLength(1)
    expect(from.state.state).toBe('paired')
  })

  test('a code is good for ten minutes', async () => {
    const from = host()
    await clock.run(TEN_MINUTES)
    const late = guest()
    await wire(from, late).settle()
    expect(await failure(late)).toBe('BAD_INVITE')
    from.expire()
    expect(from.state.state).toBe('failed')
    expect(granted).toEqual([])
  })

  test('a chain of pairings that is too long is said on both devices', async () => {
    const from = host({ grant: 'too-far' })
    const to = guest()
    await wire(from, to).settle()
    expect(await failure(to)).toBe('NOT_ALLOWED')
    expect(from.state.words).toMatch(/too many pairings/)
  })

  test('A9: another device than the code names is refused: a mismatch, and nothing is taken over', async () => {
    const to = guest()
    const from = new PairingHost({
      seed,
      expiresAt: clock.now() + TEN_MINUTES,
      confirm: false,
      device: device(),
      name: 'mallory',
      clock,
      grant: () => Promise.reject(new Error('not reached')),
      onchange: () => {},
    })
    const { settle, rejected } = wire(from, to)
    await settle()
    expect(await failure(to)).toBe('MISMATCH')
    expect(to.state.state).toBe('failed')
    expect(rejected).not.toEqual([])
    expect(adopted).toEqual([])
  })

  test('A9: who passes words on between two connections of its own is found out on both sides', async () => {
    const from = host({ confirm: true })
    const to = guest()
    const [hash1, hash2] = [random.bytes(64), random.bytes(64)]
    const toHost: Buffer[] = []
    const toGuest: Buffer[] = []
    const rejected: string[] = []
    const reject = (reason: string): number => rejected.push(reason)
    const a = from.open({
      handshakeHash: hash1,
      initiator: true,
      send: (data) => toGuest.push(data),
      met: () => {},
      reject,
    })
    const b = to.open({
      handshakeHash: hash2,
      initiator: false,
      send: (data) => toHost.push(data),
      met: () => {},
      reject,
    })
    for (const data of toHost) a.onmessage(data)
    for (const data of toGuest) b.onmessage(data)
    await Promise.resolve()
    expect(rejected).toHaveLength(2)
    expect(await failure(to)).toBe('MISMATCH')
    expect(from.state.state).toBe('offered')
    expect([granted, adopted]).toEqual([[], []])
  })

  test('A9: who saw the code and comes with a key of its own shows other digits', async () => {
    const from = host({ confirm: true })
    const mallory = guest()
    await wire(from, mallory).settle()
    const honest = device()
    const seen = pairingDigits(
      { seed, handshakeHash: random.bytes(64) },
      offering.publicKey,
      honest.publicKey,
    )
    expect(from.state.digits).not.toBe(seen)
    from.answer(false)
    expect(granted).toEqual([])
  })

  test('A6: words of another connection are worth nothing', async () => {
    const from = host()
    const hello = signHello({ seed, handshakeHash: random.bytes(64) }, false, device(), 'replayed')
    const rejected: string[] = []
    const end = from.open({
      handshakeHash: random.bytes(64),
      initiator: true,
      send: () => {},
      met: () => {},
      reject: (reason) => rejected.push(reason),
    })
    end.onmessage(encodePairing(hello))
    expect(rejected).toHaveLength(1)
    expect(from.state.state).toBe('offered')
  })

  test('a word for another device is not taken over', async () => {
    const to = guest()
    const from = host()
    const place = { seed, handshakeHash: random.bytes(64) }
    const end = to.open({
      ...place,
      initiator: true,
      send: () => {},
      met: () => {},
      reject: () => {},
    })
    end.onmessage(encodePairing(signHello(place, true, offering, 'kitchen')))
    const attestation = Buffer.from(await person.bootstrap(device().publicKey))
    end.onmessage(
      encodePairing({
        type: 'grant',
        person: person.identityPublicKey,
        attestation,
        recovery: Buffer.alloc(32),
        nickname: 'Ann',
        room: Buffer.alloc(32),
        encryptionKey: Buffer.alloc(32),
      }),
    )
    expect(await failure(to)).toBe('MISMATCH')
    expect(adopted).toEqual([])
    expect(from.state.state).toBe('offered')
  })

  test('two empty devices with the same code do not take each other for the other one', async () => {
    const one = guest()
    const two = guest()
    await wire(one, two).settle()
    expect([one.state.state, two.state.state]).toEqual(['asking', 'asking'])
  })
})

describe('a pairing code', () => {
  test('comes back as it was, also broken into lines', () => {
    const text = formatPairingCode({ seed, device: offering.publicKey })
    expect(parsePairingCode(` ${text.slice(0, 30)}\n ${text.slice(30)}`)).toEqual({
      seed,
      device: offering.publicKey,
    })
  })

  test.each([
    ['an invite', 'porchlight:AAAA', /not a pairing code/],
    ['a part of one', 'porchlight-pair:AQAB', /damaged/],
    [
      'a newer one',
      `porchlight-pair:${Buffer.alloc(53, 2).toString('base64url')}`,
      /newer version/,
    ],
    ['something endless', `porchlight-pair:${'A'.repeat(100_000)}`, /not a pairing code/],
  ])('%s is refused with a reason', (_, text, words) => {
    expect(() => parsePairingCode(text)).toThrow(words)
  })

  test('a slip in typing is told', () => {
    const text = formatPairingCode({ seed, device: offering.publicKey })
    const slip = text.at(-9) === 'A' ? 'B' : 'A'
    expect(() => parsePairingCode(text.slice(0, -9) + slip + text.slice(-8))).toThrow(/damaged/)
  })
})
