import { expect, test } from '@jest/globals'
import { errorCode, PorchlightError } from '../../core/errors.ts'

test('an error is named by its code, or by its kind, and never by its words', () => {
  const secret = new Error('/home/ann/plan.pdf')
  expect(errorCode(Object.assign(secret, { code: 'ENOSPC' }))).toBe('ENOSPC')
  expect(errorCode(new PorchlightError('CLOSED', 'plan.pdf is closed.'))).toBe('CLOSED')
  const wrapped = new PorchlightError('INTERNAL', 'plan.pdf', { cause: secret })
  expect(errorCode(wrapped)).toBe('INTERNAL (ENOSPC)')
  expect(errorCode(new TypeError('plan.pdf'))).toBe('TypeError')
  expect(errorCode(Object.assign(new Error(), { code: 'plan.pdf', name: '/home' }))).toBe('unknown')
  expect(errorCode(Object.assign(new Error(), { code: 5 }))).toBe('Error')
  for (const thrown of [undefined, null, 'plan.pdf', 5]) expect(errorCode(thrown)).toBe('unknown')
  const circle = new RangeError('plan.pdf')
  circle.cause = new Error('plan.pdf', { cause: circle })
  expect(errorCode(circle)).toBe('RangeError (Error)')
})
