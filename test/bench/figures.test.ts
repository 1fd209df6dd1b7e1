import { describe, expect, test } from '@jest/globals'
import { turnsOf } from './contestants/conversation.ts'
import { chatText, TEXT_LENGTH } from './contestants/chat-text.ts'
import { median, percentile } from './measure/statistics.ts'
import { formatFigure, formatResult } from './table.ts'
import { atMost, timesFaster } from './targets.ts'

describe('figures', () => {
  test('a percentile is the smallest sample that so many do not exceed', () => {
    const samples = [40, 10, 30, 20]
    expect([0, 0.25, 0.26, 0.5, 0.99, 1].map((share) => percentile(samples, share))).toEqual([
      10, 10, 20, 20, 40, 40,
    ])
    expect(median([3, 1, 2])).toBe(2)
    expect(percentile([], 0.5)).toBeNaN()
  })

  test('a target is reached at its limit, and never without a figure', () => {
    expect(atMost('p50', 5, 5, 'ms').reached).toBe(true)
    expect(atMost('p50', 5.1, 5, 'ms').reached).toBe(false)
    expect(atMost('p50', NaN, 5, 'ms').reached).toBe(false)
    expect(atMost('p50', null, 5, 'ms').reached).toBe(false)
    expect(timesFaster('x', 2, 8, 4)).toMatchObject({ measured: 4, reached: true })
    expect(timesFaster('x', 2, 7.9, 4).reached).toBe(false)
    expect(timesFaster('x', 2, null, 4)).toMatchObject({ measured: null, reached: false })
  })

  test('the table shows every figure with three digits, a missed target, and what was not done', () => {
    expect([12_345.6, 12.345, 0.012345, null].map(formatFigure)).toEqual([
      '12,346',
      '12.3',
      '0.0123',
      '–',
    ])
    const shown = formatResult('demo', {
      work: 'Both did it.',
      rows: [
        { contestant: 'ours', values: { 'time s': 1.5 } },
        { contestant: 'theirs', values: { 'time s': null } },
      ],
      targets: [atMost('time', 1.5, 1, 's')],
      notes: ['a note'],
    })
    expect(shown).toMatch(/\| ours +\| +1\.5 \|\n\| theirs +\| +– \|/)
    expect(shown).toMatch(/\| time +\| +≤ 1 s \| +1\.5 s \| MISSED \|/)
    expect(shown).toMatch(/\n- a note$/)
  })
})

describe('the history that is prepared', () => {
  test('turns give every message to one author', () => {
    const turns = turnsOf({ total: 250, authors: 2, turn: 100 })
    expect(turns).toEqual([
      { author: 0, from: 0, to: 100 },
      { author: 1, from: 100, to: 200 },
      { author: 0, from: 200, to: 250 },
    ])
  })

  test('texts have one length and differ', () => {
    const texts = [chatText('a', 1), chatText('a', 2), chatText('author4', 99_999)]
    expect(texts.map((text) => text.length)).toEqual([TEXT_LENGTH, TEXT_LENGTH, TEXT_LENGTH])
    expect(new Set(texts).size).toBe(3)
  })
})
