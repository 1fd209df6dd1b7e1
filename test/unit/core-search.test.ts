import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { PorchlightError } from '../../core/errors.ts'
import type { PlacedRecord } from '../../core/room/record-consumer.ts'
import { Documents } from '../../core/search/documents.ts'
import { match, parseQuery } from '../../core/search/query.ts'
import { SearchIndex } from '../../core/search/search-index.ts'
import type { Said } from '../../core/search/search-index.ts'
import { Segment } from '../../core/search/segment.ts'
import { tokens, words } from '../../core/search/tokens.ts'

const LOG = 'ab'.repeat(32)

/** Records are stood in for by what they say. */
function index(): { search: SearchIndex; say: (seq: number, text: string, of?: number) => void } {
  let said: Said | null = null
  const search = new SearchIndex(() => said)
  return {
    search,
    say(seq, text, of = seq) {
      said = { log: LOG, seq: of, text }
      search.take({ log: { hex: LOG }, seq } as unknown as PlacedRecord)
    },
  }
}

function found(search: SearchIndex, query: string): number[] {
  return search
    .find(parseQuery(query))
    .map(({ seq }) => seq)
    .sort((a, b) => a - b)
}

describe('words', () => {
  test.each([
    ['The tanker comes at ten.', ['the', 'tanker', 'comes', 'at', 'ten']],
    ['Straße CAFÉ naïve ﬁre', ['strasse', 'cafe', 'naive', 'fire']],
    ['Где вода?', ['где', 'вода']],
    ['水在广场', ['水', '在', '广', '场']],
    ['東京タワーへ3km', ['東', '京', 'タ', 'ワ', 'ー', 'へ', '3km']],
    ['مرحبا بالعالم', ['مرحبا', 'بالعالم']],
    ['नमस्ते दुनिया', ['नमस्ते', 'दुनिया']],
    ['שָׁלוֹם مُرْسَل', ['שלום', 'مرسل']],
    ['물은 광장에', ['물은', '광장에'].map((word) => word.normalize('NFKD'))],
    ['👩‍🚒 fire! …', ['fire']],
    ['', []],
  ])('of %s', (text, expected) => {
    const found = [...words(text)].filter((word) => /[\p{L}\p{N}]/u.test(word))
    expect(found).toEqual(expected)
  })

  test('of Thai are cut by the dictionary', () => {
    expect([...words('น้ำอยู่ที่จัตุรัส')].length).toBeGreaterThan(1)
  })

  test('for the index are those of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 100 }), (text) => {
        expect([...words(text)]).toEqual([...new Set(tokens(text).map(({ word }) => word))])
      }),
    )
  })

  test('stand where they are said to stand', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        let last = 0
        for (const { word, start, end } of tokens(text)) {
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThan(start)
          expect(word).not.toBe('')
          last = end
        }
        expect(last).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})

describe('a match', () => {
  test.each([
    ['The tanker comes at ten', 'tan', [[4, 10]]],
    ['The tanker comes at ten', 'tan ', null],
    [
      'The tanker comes at ten',
      'TEN t',
      [
        [0, 3],
        [4, 10],
        [20, 23],
      ],
    ],
    ['The tanker comes at ten', 'no ten', null],
    [
      'The tanker comes at ten',
      'ten the ',
      [
        [0, 3],
        [20, 23],
      ],
    ],
    ['我在东京和京东', '东京', [[2, 4]]],
    ['Café', 'cafe', [[0, 4]]],
    ['Straße', 'STRASSE', [[0, 6]]],
    ['ο Οδυσσέας γύρισε', 'ΟΔΥΣ', [[2, 10]]],
    ['ο Οδυσσέας γύρισε', 'οδυσσεας ', [[2, 10]]],
    ['anything', '', null],
    ['anything', '?!', null],
  ])('in “%s” of “%s”', (text, query, marks) => {
    expect(match(text, parseQuery(query))).toEqual(marks)
  })

  // Where a dictionary cuts, a word alone may be cut otherwise than among others.
  const letters = fc
    .string({ unit: 'grapheme', maxLength: 60 })
    .map((text) =>
      text.replace(/[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu, ''),
    )

  test('every word of a text, and every beginning of its last, finds it', () => {
    fc.assert(
      fc.property(letters, fc.nat(), (text, n) => {
        const all = tokens(text)
        if (all.length === 0) return
        const { start, end } = all[n % all.length]!
        expect(match(text, parseQuery(text.slice(start, end)))).not.toBeNull()
      }),
    )
  })
})

describe('a search index', () => {
  test('finds by all words, the last one unfinished', () => {
    const { search, say } = index()
    say(0, 'Water at the square')
    say(1, 'No water today')
    say(2, 'Square dance')
    expect(found(search, 'water')).toEqual([0, 1])
    expect(found(search, 'water squ')).toEqual([0])
    expect(found(search, 'squ')).toEqual([0, 2])
    expect(found(search, 'squ ')).toEqual([])
    expect(found(search, 'nothing')).toEqual([])
  })

  test('finds a message by its edit too, and once', () => {
    const { search, say } = index()
    say(0, 'meet at noon')
    say(1, 'meet at one', 0)
    expect(found(search, 'meet')).toEqual([0])
    expect(found(search, 'one')).toEqual([0])
  })

  test('an edit of what is not there takes no room and finds nothing', () => {
    const { search, say } = index()
    say(0, 'meet at noon')
    const size = search.save().byteLength
    say(1, 'elsewhere', Number.MAX_SAFE_INTEGER)
    say(2, 'elsewhere', 77)
    expect(found(search, 'elsewhere')).toEqual([])
    expect(search.save().byteLength).toBe(size)
  })

  test('words of what is gone leave it, and what is saved of it, for good', () => {
    const { search, say } = index()
    for (let seq = 0; seq < 10; seq++) say(seq, `common secret${seq}`)
    say(10, 'another secret', 4)
    expect(search.forget(LOG, 4)).toBe(true)
    expect(search.forget(LOG, 4)).toBe(false)
    expect(search.forget(LOG, 99)).toBe(false)
    expect(found(search, 'secret4')).toEqual([])
    const saved = search.save()
    expect(saved.includes('secret3')).toBe(true)
    expect(saved.includes('secret4')).toBe(false)
    expect(saved.includes('another')).toBe(false)
    const again = index().search
    again.load(saved)
    expect(found(again, 'common')).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9])
    expect(again.forget(LOG, 4)).toBe(false)
    expect(again.save()).toEqual(saved)
  })

  test('gives the same as looking at every text, before and after a restart', () => {
    const word = fc.constantFrom('lamp', 'lamps', 'road', 'ride', 'río', '水', '水道', 'a', 'Ünal')
    const texts = fc.array(
      fc.array(word, { maxLength: 6 }).map((list) => list.join(' ')),
      {
        maxLength: 60,
      },
    )
    fc.assert(
      fc.property(
        texts,
        fc.array(word, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (all, query, open) => {
          const { search, say } = index()
          all.forEach((text, seq) => say(seq, text))
          const asked = query.join(' ') + (open ? '' : ' ')
          const expected = all.flatMap((text, seq) => (match(text, parseQuery(asked)) ? [seq] : []))
          const candidates = found(search, asked)
          // Ideographs side by side are looked at when the text is read.
          expect(candidates).toEqual(expect.arrayContaining(expected))
          const exact = !/[水道]/.test(asked)
          expect(exact ? candidates : expected).toEqual(expected)
          const again = index().search
          again.load(search.save())
          expect(found(again, asked)).toEqual(candidates)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('of many messages stays whole over its merges; taking them again adds nothing', () => {
    const { search, say } = index()
    const count = 40_000
    const text = (seq: number): string => `number n${seq} of group g${seq % 7}`
    for (let seq = 0; seq < count; seq++) say(seq, text(seq))
    const size = search.save().byteLength
    expect(found(search, 'g3 ')).toHaveLength(Math.ceil((count - 3) / 7))
    for (const seq of [0, 1, 2_047, 2_048, 39_999]) expect(found(search, `n${seq} `)).toEqual([seq])
    for (let seq = 0; seq < count; seq++) say(seq, text(seq))
    expect(search.save().byteLength).toBe(size)
    search.reset()
    expect(found(search, 'group')).toEqual([])
  })

  test('A12: other bytes are refused', () => {
    const { search, say } = index()
    for (let seq = 0; seq < 50; seq++) say(seq, `word${seq} common`)
    const saved = search.save()
    const refused = (run: () => unknown): void => {
      let code = 'MALFORMED'
      try {
        run()
      } catch (error) {
        code = (error as PorchlightError).code
      }
      expect(code).toBe('MALFORMED')
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        refused(() => index().search.load(Buffer.from(bytes)))
        refused(() => new Segment(Buffer.from(bytes)))
        refused(() => Documents.load(Buffer.from(bytes)))
      }),
      { numRuns: 2000 },
    )
    for (let cut = 0; cut < saved.length; cut++) {
      expect(() => index().search.load(saved.subarray(0, cut))).toThrow('Malformed')
    }
  })
})
