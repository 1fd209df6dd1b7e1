import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { MAX_NAME, numberedName, safeName, safePaths } from '../../core/files/safe-name.ts'

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        '..',
        '/',
        '\\',
        '.',
        ' ',
        'CON',
        'nul',
        'com1',
        'a',
        'ß',
        'SS',
        'é',
        'e\u0301',
        '😀',
        '\u202e',
        '\u200b',
        '\0',
        '\n',
        ':',
        '?',
        '\ud800',
        '\udc00',
        '(2)',
        '.txt',
        'x'.repeat(90),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
)

function expectSafe(name: string, hidden = false): void {
  expect(name).not.toBe('')
  expect(name).toBe(name.toWellFormed())
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_NAME)
  // eslint-disable-next-line no-control-regex
  expect(name).not.toMatch(/[\u0000-\u001f\u007f-\u009f<>:"/\\|?*]/)
  expect(name).not.toMatch(/[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/)
  expect(name).not.toMatch(hidden ? /^\s|^\.+$|[\s.]$/u : /^[\s.]|[\s.]$/u)
  expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i)
}

describe('A27: names of files', () => {
  test.each([
    ['../x', 'x'],
    ['..\\x', 'x'],
    ['/etc/passwd', 'passwd'],
    ['C:\\Windows\\system32\\a.dll', 'a.dll'],
    ['..', 'file'],
    ['.', 'file'],
    ['', 'file'],
    ['a\0b.txt', 'a_b.txt'],
    ['a\nb', 'a_b'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['Lpt9.tar.gz', '_Lpt9.tar.gz'],
    ['COM¹', '_COM¹'],
    ['console.log', 'console.log'],
    ['a.txt. . ', 'a.txt'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['.bashrc', '_bashrc'],
    ['a:b*c?.txt', 'a_b_c_.txt'],
    ['\ud800', '\ufffd'],
    ['Ferienfoto “1” – Zürich.jpg', 'Ferienfoto “1” – Zürich.jpg'],
    ['e\u0301', 'é'],
  ])('%j becomes %j', (claimed, safe) => {
    expect(safeName(claimed)).toBe(safe)
  })

  test('a long name keeps its extension and whole characters', () => {
    const name = safeName(`${'😀'.repeat(100)}.tar`)
    expect(name).toBe(`${'😀'.repeat(49)}.tar`)
    expect(Buffer.byteLength(safeName('x'.repeat(5000)))).toBe(MAX_NAME)
  })

  test('a number goes before the extension', () => {
    expect(numberedName('a.txt', 2)).toBe('a (2).txt')
    expect(Buffer.byteLength(numberedName(`${'x'.repeat(196)}.txt`, 12))).toBe(MAX_NAME)
  })

  test('whatever is claimed, the name is safe, and safe names stay as they are', () => {
    fc.assert(
      fc.property(nasty, (claimed) => {
        const name = safeName(claimed)
        expectSafe(name)
        expect(safeName(name)).toBe(name)
      }),
      { numRuns: 2000 },
    )
  })

  test('paths of a folder stay inside and apart', () => {
    expect(
      safePaths([
        'a/b.txt',
        'A/B.txt',
        'a/B.TXT',
        '../../etc/x',
        'a',
        '/abs',
        'CON/nul',
        'x/.git/config',
      ]),
    ).toEqual([
      'a/b.txt',
      'A (2)/B.txt',
      'a/B (2).TXT',
      'file/file/etc/x',
      'a (3)',
      'abs',
      '_CON/_nul',
      'x/.git/config',
    ])
  })

  test('whatever paths are claimed, each part is safe, none is the same as another or a directory to it', () => {
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 30 }), (claimed) => {
        const paths = safePaths(claimed)
        expect(paths).toHaveLength(claimed.length)
        for (const path of paths) for (const part of path.split('/')) expectSafe(part, true)
        const folded = paths.map((path) => path.normalize('NFKC').toLowerCase())
        expect(new Set(folded).size).toBe(folded.length)
        const directories = new Set(
          folded.flatMap((path) => {
            const parts = path.split('/')
            return parts.slice(1).map((_, n) => parts.slice(0, n + 1).join('/'))
          }),
        )
        for (const path of folded) expect(directories.has(path)).toBe(false)
        expect(safePaths(paths)).toEqual(paths)
      }),
      { numRuns: 1000 },
    )
  })

  test('many alike cost no search each', () => {
    const paths = safePaths(Array.from({ length: 100_000 }, () => 'same'))
    expect(paths[99_999]).toBe('same (100000)')
  })
})
