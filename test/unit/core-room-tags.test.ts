import { describe, expect, test } from '@jest/globals'
import { hash } from '../../core/crypto/hash.ts'
import { seededRandom } from '../../core/random.ts'
import { MAX_ROOMS, TAG } from '../../core/session/messages.ts'
import { paddedTags, roomTag } from '../../core/session/room-tags.ts'

const room = hash([Buffer.from('room')])
const session = hash([Buffer.from('session')], { size: 64 })
const hex = (tags: readonly Buffer[]): string[] => tags.map((tag) => tag.toString('hex'))

describe('a room’s tag', () => {
  test('is alike for both who know the room, in that session, for that side', () => {
    expect(roomTag(room, session, true)).toEqual(roomTag(Buffer.from(room), session, true))
    expect(roomTag(room, session, true)).toHaveLength(TAG)
  })

  test('is another in each session, for each room and for each side: replay and reflection match nothing', () => {
    const tags: string[] = []
    for (let n = 0; n < 500; n++) {
      const other = hash([Buffer.from(`session ${n}`)], { size: 64 })
      for (const side of [true, false]) tags.push(...hex([roomTag(room, other, side)]))
    }
    for (let n = 0; n < 500; n++) {
      tags.push(...hex([roomTag(hash([Buffer.from(`room ${n}`)]), session, true)]))
    }
    expect(new Set(tags).size).toBe(tags.length)
  })
})

describe('the tags that are sent', () => {
  const own = (count: number): Buffer[] =>
    Array.from({ length: count }, (_, n) => hash([Buffer.from(`${n}`)], { size: TAG }))

  test('are a multiple of eight, so that their number says little', () => {
    for (const [count, sent] of [
      [0, 8],
      [1, 8],
      [8, 8],
      [9, 16],
      [100, 104],
      [MAX_ROOMS + 50, MAX_ROOMS],
    ] as const) {
      expect(paddedTags(own(count), seededRandom(1))).toHaveLength(sent)
    }
  })

  test('hold all of ours, in an order that tells nothing, beside others that look the same', () => {
    const tags = own(12)
    const [first, second] = [1, 2].map((seed) => hex(paddedTags(tags, seededRandom(seed))))
    for (const sent of [first!, second!]) {
      expect(hex(tags).every((tag) => sent.includes(tag))).toBe(true)
      expect(new Set(sent).size).toBe(16)
      expect(sent.slice(0, 12)).not.toEqual(hex(tags))
    }
    expect(first).not.toEqual(second)
    // Where the first of them lands is spread over all places.
    const places = new Set(
      Array.from({ length: 300 }, (_, seed) =>
        hex(paddedTags(tags, seededRandom(seed))).indexOf(hex(tags)[0]!),
      ),
    )
    expect(places.size).toBe(16)
  })
})
