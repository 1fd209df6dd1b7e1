import { expect, test } from '@jest/globals'
import { checkText } from '../../core/room/messages/checks.ts'

test.each(['', ' ', '\r\n\r\n', '\u0000', '\u200b', '\u2060\u3000\t'])(
  'what shows nothing (%j) is no message',
  (text) => {
    expect(() => checkText(text)).toThrow('A message needs some text.')
  },
)

test.each(['.', 'a\u200b', ' x ', '👍', '\u0e33', '\u{1fae9}'])('%j is one', (text) => {
  checkText(text)
  expect(text.trim()).not.toBe('')
})
