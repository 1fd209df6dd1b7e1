import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import type { FakeChannel } from '../ble/fake-channel.ts'
import { linkWorld } from '../ble/link-figures.ts'
import { failure, reading, send, writes } from '../ble/link-reading.ts'

const KINDS = ['flip', 'cut', 'grow', 'drop', 'twice', 'late', 'old', 'noise', 'reflect'] as const
type Kind = (typeof KINDS)[number]

/** Does the one or the other to a share of the packets of an end. */
function spoil(end: FakeChannel, other: FakeChannel, kinds: readonly Kind[], random: Random): void {
  const seen: Uint8Array[] = []
  let late: Uint8Array | null = null
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.float() * list.length)]!
  end.tamper = (packet) => {
    const bytes = Buffer.from(packet)
    seen.push(bytes)
    const after = late === null ? [] : [late]
    late = null
    if (random.float() > 0.05) return [bytes, ...after]
    const changed = Buffer.from(bytes)
    switch (pick(kinds)) {
      case 'flip':
        changed.writeUInt8(random.bytes(1).readUInt8(0), Math.floor(random.float() * bytes.length))
        return [changed, ...after]
      case 'cut':
        return [bytes.subarray(0, Math.floor(random.float() * bytes.length)), ...after]
      case 'grow':
        return [Buffer.concat([bytes, random.bytes(1 + Math.floor(random.float() * 20))]), ...after]
      case 'drop':
        return after
      case 'twice':
        return [bytes, bytes, ...after]
      case 'late':
        late = bytes
        return after
      case 'old':
        return [pick(seen), bytes, ...after]
      case 'noise':
        return [random.bytes(1 + Math.floor(random.float() * 200)), bytes, ...after]
      case 'reflect':
        other.emit('packet', changed)
        return [bytes, ...after]
    }
  }
}

test('whatever becomes of the packets, what is delivered is the beginning of what was written', async () => {
  const mending: readonly Kind[] = ['drop', 'twice', 'late']
  let whole = 0
  let ended = 0
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.subarray([...KINDS], { minLength: 1 }),
      fc.constantFrom(20, 100, 253, 514),
      async (seed, kinds, maxPacket) => {
        const random = seededRandom(seed)
        const { clock, central, peripheral } = linkWorld({
          seed,
          maxPacket,
          conditions: { latency: 10, rate: 200_000 },
          before: ({ central: one, peripheral: two }) => {
            spoil(one, one, kinds, random)
            spoil(two, two, kinds, random)
          },
        })
        const sent = [writes(seed, 12_000), writes(seed + 1, 12_000)] as const
        const got = [reading(peripheral), reading(central)] as const
        const why = [failure(peripheral), failure(central)]
        send(central, sent[0])
        send(peripheral, sent[1])
        expect(await clock.runUntil(() => got.every(({ closed }) => closed), 300_000)).toBe(true)
        for (const [n, { bytes }] of got.entries()) {
          const all = Buffer.concat(sent[n]!)
          expect(all.subarray(0, bytes().length).equals(bytes())).toBe(true)
          // An end is said of all of it alone.
          expect(!got[n]!.ended || bytes().length === all.length).toBe(true)
        }
        const mended = got.every(({ ended: end }) => end)
        expect(mended || kinds.some((kind) => !mending.includes(kind))).toBe(true)
        if (mended) whole++
        if (why.some((code) => code() !== null)) ended++
      },
    ),
    { numRuns: 40 },
  )
  // Both come about, or the test tries nothing.
  expect([whole > 0, ended > 0]).toEqual([true, true])
})
