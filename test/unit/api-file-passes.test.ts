import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { seededRandom } from '../../core/random.ts'
import { FilePasses } from '../../node-app/api/file-passes.ts'

test('a pass opens its file in its room, in its run, and nothing else', () => {
  const passes = new FilePasses(seededRandom(1))
  const pass = passes.issue('room', 'file')
  expect(pass).toMatch(/^[\w-]{43}$/)
  expect(passes.opens(pass, 'room', 'file')).toBe(true)
  expect(passes.opens(pass, 'room', 'other')).toBe(false)
  expect(passes.opens(pass, 'other', 'file')).toBe(false)
  expect(passes.opens(pass, 'roomf', 'ile')).toBe(false)
  expect(new FilePasses(seededRandom(2)).opens(pass, 'room', 'file')).toBe(false)
})

test('nothing that was not issued opens anything', () => {
  const passes = new FilePasses(seededRandom(3))
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (pass) => {
      expect(passes.opens(pass, 'room', 'file')).toBe(false)
    }),
  )
})
