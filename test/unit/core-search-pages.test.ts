import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MessageView } from '../../core/api.ts'
import { newest } from '../../core/search/newest.ts'
import { search } from '../../core/search/search.ts'
import type { Searchable } from '../../core/search/search.ts'

const byNumber = (a: number, b: number): number => a - b

test('the newest of many are those that sorting all would give', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(), { maxLength: 200 }),
      fc.option(fc.nat()),
      fc.integer({ min: 1, max: 20 }),
      (items, before, count) => {
        const expected = items
          .filter((item) => before === null || item < before)
          .sort((a, b) => b - a)
          .slice(0, count)
        expect(newest(items, byNumber, before, count)).toEqual(expected)
      },
    ),
  )
})

/** A room whose messages, oldest first, were sent at these times. */
function room(id: string, times: readonly number[]): Searchable {
  const all = times.map((sentAt, n) => ({ id: `${id}-${n}`, sentAt }) as MessageView).reverse()
  return {
    id,
    async search(_, { before, limit }) {
      const from = before === undefined ? 0 : all.findIndex((message) => message.id === before) + 1
      return all.slice(from, from + limit).map((message) => ({ message, marks: [] }))
    },
  }
}

describe('results of several rooms', () => {
  test('come newest first, page after page, each once, in each room’s own order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat({ max: 50 }), { maxLength: 12 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 7 }),
        async (rooms, limit) => {
          const searched = rooms.map((times, i) => room(`room${i}`, times))
          const ids: string[] = []
          let after: string | undefined
          do {
            const page = await search(searched, 'word', { limit, ...(after && { after }) })
            expect(page.hits.length).toBeLessThanOrEqual(limit)
            ids.push(...page.hits.map(({ message }) => message.id))
            after = page.after
          } while (after !== undefined)
          expect(new Set(ids).size).toBe(ids.length)
          for (const [i, times] of rooms.entries()) {
            const mine = ids.filter((id) => id.startsWith(`room${i}-`))
            expect(mine).toEqual(times.map((_, n) => `room${i}-${n}`).reverse())
          }
        },
      ),
    )
    const page = await search([room('a', [1, 5]), room('b', [3])], 'word')
    expect(page.hits.map(({ message }) => message.sentAt)).toEqual([5, 3, 1])
  })

  test('of no word at all are none', async () => {
    expect(await search([room('a', [1])], ' ?! ')).toEqual({ hits: [] })
  })

  test.each([{ limit: 0 }, { limit: 101 }, { limit: 1.5 }, { after: 'x' }, { after: 'e30gfQ' }])(
    'asked for with %p are refused',
    async (options) => {
      await expect(search([], 'word', options)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    },
  )
})
