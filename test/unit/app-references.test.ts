import { describe, expect, test } from '@jest/globals'
import { findReferenced } from '../../node-app/api/reference.ts'
import { findPerson } from '../../node-app/api/references.ts'

const KIND = { noun: 'thing', named: true, where: 'Look there.' }
const one = (id: string, name: string, confusable = false) => ({ id, name, confusable })

describe('a reference', () => {
  test('is a name however its accents were typed', () => {
    const all = [one('aa', 'Re\u0301my')]
    expect(findReferenced('R\u00e9my', all, KIND).id).toBe('aa')
  })

  test('that means nothing says where to look, in bounded words', () => {
    expect(() => findReferenced('x'.repeat(5000), [one('aa', 'a')], KIND)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,200}Look there\.$/) }),
    )
  })

  test('that many share names ten of them', () => {
    const all = Array.from({ length: 30 }, (_, i) => one(`aa${i + 10}`, `n${i}`))
    expect(() => findReferenced('aa', all, KIND)).toThrow(/aa10 .*aa19 .* and 20 more/)
  })

  test('is never a name that another resembles, and the others are named', () => {
    const all = [one('b0', 'Bob', true), one('c0', 'Воb', true), one('d0', 'Eve', true)]
    const refused = expect.objectContaining({
      code: 'AMBIGUOUS',
      message: '"Bob" could be b0 (Bob), c0 (Воb): use more of the id.',
    })
    expect(() => findReferenced('Bob', all, KIND)).toThrow(refused)
    expect(findReferenced('c', all, KIND).id).toBe('c0')
  })

  test('of a person may be a whole id that no list holds; nothing less', () => {
    const id = '0f'.repeat(32)
    expect(findPerson(id, [])).toEqual({ id, name: '' })
    for (const part of [id.slice(1), id.toUpperCase(), `${id}0`, '']) {
      expect(() => findPerson(part, [])).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    }
  })
})
