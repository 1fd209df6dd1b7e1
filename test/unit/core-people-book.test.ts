import { beforeEach, describe, expect, test } from '@jest/globals'
import { PorchlightError } from '../../core/errors.ts'
import { silentLogger } from '../../core/logger.ts'
import { skeleton } from '../../core/people/confusable.ts'
import { People } from '../../core/people/people.ts'
import { formatVerification, verificationCode } from '../../core/people/verification-code.ts'
import { PersonalCache } from '../../core/self/personal-cache.ts'
import { until } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const SELF = Buffer.alloc(32, 0xee)
const ADA = Buffer.alloc(32, 0xaa)
const MALLORY = Buffer.alloc(32, 0xbb)
const [ada, mallory] = [ADA.toString('hex'), MALLORY.toString('hex')]

let store: PersonalCache
let people: People
let changes: number
let looked: string[]
let known: { id: string; name: string }[]

beforeEach(() => {
  store = new PersonalCache({ saved: undefined, save: async () => {} })
  changes = 0
  looked = []
  known = [{ id: ada, name: 'Ada' }]
  people = new People({
    store,
    person: () => SELF,
    name: () => 'Eve',
    known: () => known,
    clock: new VirtualClock(),
    logger: silentLogger,
    onchange: () => changes++,
    look: (name) => {
      looked.push(name)
      return skeleton(name)
    },
  })
})

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(PorchlightError)
  return (error as PorchlightError).code
}

describe('A9: verifying a person', () => {
  test.each([
    ['the code that both see', { code: verificationCode(SELF, ADA) }],
    ['the QR that the other shows', { qr: formatVerification(ADA) }],
    ['the word of a human who compared', { confirmed: true as const }],
  ])('by %s', async (_, proof) => {
    expect(people.verification(ada)).toEqual({
      code: verificationCode(ADA, SELF),
      qr: formatVerification(SELF),
      verified: false,
    })
    await people.verify(ada, proof)
    expect(people.verification(ada).verified).toBe(true)
    expect(people.warnings()).toEqual([])
    await people.unverify(ada)
    expect(people.verified(ada)).toBe(false)
    expect(store.entries('contact').size).toBe(0)
  })

  test.each([
    ['the code of another key', { code: verificationCode(SELF, MALLORY) }],
    ['the QR of another key', { qr: formatVerification(MALLORY) }],
  ])('%s marks nobody, and the warning stays until it is acknowledged', async (_, proof) => {
    expect(await refusal(people.verify(ada, proof))).toBe('MISMATCH')
    expect(people.verified(ada)).toBe(false)
    const [warning] = people.warnings()
    expect(warning).toMatchObject({ kind: 'code-mismatch', person: ada })
    await people.acknowledge(warning!.id)
    expect(people.warnings()).toEqual([])
    await refusal(people.verify(ada, proof))
    expect(people.warnings()).toHaveLength(1)
  })

  test('what is no code at all, or nobody known, is said', async () => {
    expect(await refusal(people.verify(ada, {}))).toBe('BAD_REQUEST')
    for (const code of ['', '1', '12345 67890', `${verificationCode(SELF, ADA)} 1`]) {
      expect(await refusal(people.verify(ada, { code }))).toBe('BAD_REQUEST')
    }
    const qr = formatVerification(SELF)
    expect(await refusal(people.verify(ada, { qr }))).toBe('BAD_REQUEST')
    expect(await refusal(people.verify(ada, { qr: 'porchlight:abc' }))).toBe('BAD_REQUEST')
    expect(await refusal(people.verify(mallory, { confirmed: true }))).toBe('NOT_FOUND')
    expect(await refusal(people.acknowledge('none'))).toBe('NOT_FOUND')
    expect(people.warnings()).toEqual([])
  })
})

describe('A3: the name of a verified person under another key', () => {
  test('is warned of once, and the warning stays until it is acknowledged', async () => {
    await people.verify(ada, { confirmed: true })
    known.push({ id: mallory, name: 'Аda' })
    people.watch('room', known)
    people.watch('room', known)
    await until('the warning', () => people.warnings().length > 0)
    expect(people.warnings()).toMatchObject([
      { kind: 'name-taken', person: mallory, roomId: 'room' },
    ])
    expect(people.verified(mallory)).toBe(false)
    await people.acknowledge(people.warnings()[0]!.id)
    people.watch('room', known)
    // What is looked at after it has been looked at too.
    known.push({ id: 'cc'.repeat(32), name: 'eve' })
    people.watch('room', known)
    await until('the other warning', () => people.warnings().length > 0)
    expect(people.warnings()).toMatchObject([{ person: 'cc'.repeat(32) }])
  })

  test('a flood of such names keeps a bounded number of warnings', async () => {
    await people.verify(ada, { confirmed: true })
    const crowd = Array.from({ length: 400 }, (_, n) => ({
      id: n.toString(16).padStart(64, '0'),
      name: 'ADA',
    }))
    people.watch('room', crowd)
    await until('as many warnings as are kept', () => people.warnings().length >= 256)
    people.watch('room', crowd)
    await people.block(ada, true)
    expect(people.warnings()).toHaveLength(256)
  })
})

test('while a room fills, each of its names is worked out once', () => {
  known = []
  for (let n = 0; n < 50; n++) {
    known.push({ id: n.toString(16).padStart(64, '0'), name: `Person ${n}` })
    people.watch('room', known)
    people.describe(known)
  }
  expect(looked).toHaveLength(51)
  expect(new Set(looked).size).toBe(51)
})

test('blocking is noted beside a verification, and lifted', async () => {
  await people.verify(ada, { confirmed: true })
  await people.block(ada, true)
  expect([people.blocked(ada), people.verified(ada)]).toEqual([true, true])
  expect(people.describe(known)).toEqual([
    { id: ada, name: 'Ada', verified: true, blocked: true, confusable: false },
  ])
  expect(changes).toBe(2)
  await people.block(ada, false)
  expect([people.blocked(ada), people.verified(ada)]).toEqual([false, true])
  expect(await refusal(people.block(SELF.toString('hex'), true))).toBe('BAD_REQUEST')
  expect(await refusal(people.block(mallory, true))).toBe('NOT_FOUND')
})
