import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isShowable, kindOf, kindWords, playerFor } from '../../web-ui/src/text/file-kind.ts'
import {
  ANY_SIZE,
  keepChoices,
  limitChoices,
  limitWords,
  quotaChoices,
} from '../../web-ui/src/text/file-limits.ts'
import {
  extension,
  matchesName,
  pastedName,
  shortName,
  shownName,
} from '../../web-ui/src/text/file-name.ts'
import { fileWords, isWaiting, leftWords } from '../../web-ui/src/text/file-words.ts'
import { imageSize } from '../../web-ui/src/text/image-size.ts'
import { shortWords } from '../../web-ui/src/text/message-words.ts'
import { pictureBox } from '../../web-ui/src/text/picture-box.ts'
import { spokenWords } from '../../web-ui/src/text/spoken-words.ts'

const claimed = (name: string, type = '', files?: number) => ({
  name,
  type,
  ...(files === undefined ? {} : { files }),
})

describe('the name of a file', () => {
  test('A27: shows what would turn letters round, or is not seen, as a mark', () => {
    expect(shownName('cat\u202egnp.exe')).toBe('cat\ufffdgnp.exe')
    expect(shownName('a\u0000b\u2066c\u200b\n d')).toBe('a\ufffdb\ufffdc\ufffd d')
    expect(shownName(' \t ')).toBe('Unnamed')
    expect(shownName('نامه‌ها 👩‍👩‍👧.pdf')).toBe('نامه‌ها 👩‍👩‍👧.pdf')
  })
  test('A27: keeps its ending in view, however long it is', () => {
    const long = `holiday.jpg${' '.repeat(300)}${'x'.repeat(300)}.exe`
    expect(shortName(long)).toMatch(/^holiday\.jpg x+…x+\.exe$/)
    expect(Array.from(shortName(long)).length).toBeLessThanOrEqual(64)
    expect(shortName('plan.pdf')).toBe('plan.pdf')
  })
  test('never has anything deceiving in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        expect(shortName(name)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\n\r]/)
        expect(shownName(name)).not.toBe('')
      }),
    )
  })
  test('is made for what is pasted', () => {
    expect(pastedName('image/jpeg', new Date(2026, 10, 2, 9, 5, 7))).toBe(
      'Pasted 2026-11-02 09.05.07.jpg',
    )
  })
  test('is found by its words', () => {
    expect(matchesName('Map of the Valley.pdf', 'valley map')).toBe(true)
    expect(matchesName('Map of the Valley.pdf', 'valley mop')).toBe(false)
    expect(matchesName('anything', ' ')).toBe(true)
    expect(extension('archive.tar.GZ')).toBe('gz')
    expect(extension('README')).toBe('')
  })
})

describe('the kind of a file', () => {
  test('follows its name before its claimed type, as what opens it later will', () => {
    expect(kindOf(claimed('cat.jpg', 'image/jpeg'))).toBe('picture')
    expect(kindOf(claimed('cat.jpg.exe', 'image/jpeg'))).toBe('program')
    expect(kindOf(claimed('x', 'inode/directory'))).toBe('folder')
    expect(kindWords(claimed('forms', 'inode/directory', 12))).toBe('Folder, 12 files')
    expect(kindWords(claimed('plan.pdf', 'application/pdf'))).toBe('PDF document')
    expect(kindWords(claimed('track.gpx'))).toBe('GPX file')
    expect(playerFor(claimed('a.mp4', 'video/mp4'))).toBe('video')
    expect(playerFor(claimed('a.pdf', 'application/pdf'))).toBeNull()
  })
  test('A29: only pictures that can run nothing are shown by the page', () => {
    expect(isShowable(claimed('a.png', 'image/png'))).toBe(true)
    expect(isShowable(claimed('a.svg', 'image/svg+xml'))).toBe(false)
    expect(isShowable(claimed('a.html', 'text/html'))).toBe(false)
    expect(isShowable(claimed('a.js', 'image/png'))).toBe(false)
  })
})

describe('how a file stands', () => {
  const file = { size: 10e6, have: 0, sources: 0, own: false } as const
  test('is said with what to expect', () => {
    expect(fileWords({ ...file, state: 'remote' })).toBe('Not here. Nobody in reach has it now.')
    expect(fileWords({ ...file, state: 'remote', sources: 2 })).toBe(
      'Not here yet. 2 devices in reach have it.',
    )
    const moving = { ...file, state: 'downloading', have: 4e6, sources: 1 } as const
    expect(fileWords({ ...moving, rate: 1.5e6, secondsLeft: 4 })).toBe(
      '4.0 MB of 10.0 MB, 1.5 MB/s, a few seconds left',
    )
    expect(fileWords({ ...moving, rate: 0 })).toBe('4.0 MB of 10.0 MB')
    expect(fileWords({ ...moving, sources: 0 })).toMatch(/^4\.0 MB of .*Waits for somebody/)
    expect(isWaiting({ ...moving, reason: 'no-source' })).toBe(true)
    expect(isWaiting({ ...moving, state: 'paused', sources: 0 })).toBe(false)
    expect(fileWords({ ...file, state: 'failed', words: 'The disk is full.' })).toBe(
      'The disk is full.',
    )
    expect(fileWords({ ...file, state: 'complete', own: true })).toBe('You sent it.')
  })
  test('the time left is told in one unit, whatever was claimed', () => {
    expect([30, 600, 7200, 1e9].map(leftWords)).toEqual([
      '30 s left',
      '10 min left',
      '2 h left',
      'more than two days left',
    ])
    expect(leftWords(Number.NaN)).toBe('a few seconds left')
  })
})

test('limits that hold are among the choices, even odd ones', () => {
  expect(limitChoices(123)).toContain(123)
  expect(limitChoices(25e6).filter((limit) => limit === 25e6)).toHaveLength(1)
  expect(quotaChoices(null).length).toBeGreaterThan(3)
  expect(keepChoices(5)[0]).toBe(5)
  expect([0, 25e6, ANY_SIZE].map(limitWords)).toEqual(['Nothing', 'Up to 25 MB', 'Any size'])
})

test('a picture has a place of a bearable shape, whatever size is claimed', () => {
  expect(pictureBox({ width: 4000, height: 3000 })).toEqual({ width: 320, height: 240 })
  expect(pictureBox({ width: 1, height: 1e9 })).toEqual({ width: 128, height: 320 })
  expect(pictureBox({ width: Number.NaN, height: -1 })).toEqual(pictureBox(undefined))
})

test('the size of a GIF is read from its head', () => {
  expect(imageSize(Uint8Array.from([...Buffer.from('GIF89a'), 44, 1, 7, 0]))).toEqual({
    width: 300,
    height: 7,
  })
})

test('a message with a file is told by its name', () => {
  const file = { id: 'f', name: 'map\u202e.pdf', size: 1, type: '', state: 'remote' } as const
  const message = { kind: 'file', own: false, text: '*new* map', file, authorName: 'Ben' }
  expect(shortWords(message as never)).toBe('File: map\ufffd.pdf. new map')
  expect(spokenWords([message as never], '')).toBe('Ben: file map\ufffd.pdf. *new* map')
})
