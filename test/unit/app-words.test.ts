import { describe, expect, test } from '@jest/globals'
import { formatDuration, parseDuration } from '../../node-app/cli/duration.ts'
import { formatBytes, parseSize } from '../../node-app/cli/size.ts'
import { displayWidth, formatTable } from '../../node-app/cli/table.ts'
import { jsonLine, plain, plainLines } from '../../node-app/cli/terminal-text.ts'
import { defaultDataDir } from '../../node-app/data-dir.ts'
import { createLogger, describeError, logLevel } from '../../node-app/log.ts'

describe('words for people', () => {
  test('time spans', () => {
    expect(['90s', '15m', '24h', '7d'].map(parseDuration)).toEqual([9e4, 9e5, 864e5, 6048e5])
    for (const bad of ['', '5', '0s', '-1h', '1.5h', '1w', '24 h', '9999999d']) {
      expect(() => parseDuration(bad)).toThrow('24h')
    }
    expect([0, 59_999, 60_000, 7_300_000, 2e8].map(formatDuration)).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '2 h',
      '2 d',
    ])
  })

  test('bytes', () => {
    expect([0, 999, 1_000, 99_960, 123_456, 999_600, 12_345_678, 5e12].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '100 kB',
      '123 kB',
      '1.0 MB',
      '12.3 MB',
      '5.0 TB',
    ])
  })

  test('bytes are read as people write them', () => {
    const good = ['0', '500', '500B', '64kB', '64KB', '100 MB', '1.5GiB', '2tb']
    expect(good.map(parseSize)).toEqual([
      0, 500, 500, 64_000, 64_000, 100_000_000, 1_610_612_736, 2_000_000_000_000,
    ])
    for (const bad of [
      '',
      'MB',
      '-1',
      '1e3',
      '1,5GB',
      '5 X',
      '1.5.2',
      '9'.repeat(16),
      '99999TB9',
    ]) {
      expect(() => parseSize(bad)).toThrow('100MB')
    }
  })

  test('tables line up whatever the script', () => {
    expect(['ab', '日本', 'é', 'e\u0301', '👋'].map(displayWidth)).toEqual([2, 4, 1, 1, 2])
    const table = formatTable(
      ['A', 'B'],
      [
        ['日本', 'x'],
        ['b', 'y'],
      ],
      (text) => text,
    )
    expect(table).toBe('A     B\n日本  x\nb     y')
  })

  test('others’ text is plain', () => {
    expect(plain('a\u001b[31mb\u0007\u009b\u202ec\nd')).toBe('a [31mb   c d')
    expect(plainLines('a\r\nb\nc\rd')).toEqual(['a', 'b', 'c', 'd'])
    const value = { text: 'a\u0000\u009b\u202e\ud83d\udc4b\n' }
    expect(JSON.parse(jsonLine(value))).toEqual(value)
    expect(jsonLine(value)).toBe('{"text":"a\\u0000\\u009b\\u202e\ud83d\udc4b\\n"}')
  })
})

describe('data directory', () => {
  test.each([
    ['linux', {}, '/home/ada/.local/share/porchlight'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/porchlight'],
    ['darwin', {}, '/home/ada/Library/Application Support/porchlight'],
    ['win32', { APPDATA: '/roaming' }, '/roaming/porchlight'],
  ] as const)('%s %j', (platform, env, expected) => {
    expect(defaultDataDir(platform, env, '/home/ada')).toBe(expected)
  })

  test('is never relative', () => {
    expect(defaultDataDir('linux', { XDG_DATA_HOME: 'data' }, '/home/ada')).toBe(
      '/home/ada/.local/share/porchlight',
    )
    expect(() => defaultDataDir('linux', {}, '')).toThrow(
      expect.objectContaining({ code: 'BAD_CONFIG', message: expect.stringContaining('--data') }),
    )
  })
})

describe('log', () => {
  test('a line of JSON per event, from the level on', () => {
    const lines: string[] = []
    const logger = createLogger(
      'warn',
      (line) => lines.push(line),
      () => 0,
    )
    logger.debug('a')
    logger.info('b')
    logger.warn('c', { count: 2 })
    logger.error('d')
    expect(lines).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","level":"warn","event":"c","count":2}\n',
      '{"time":"1970-01-01T00:00:00.000Z","level":"error","event":"d"}\n',
    ])
  })

  test('the level by its name', () => {
    expect(logLevel('DEBUG', 'info')).toBe('debug')
    expect(logLevel('', 'info')).toBe('info')
    expect(() => logLevel('loud', 'info')).toThrow(expect.objectContaining({ code: 'BAD_CONFIG' }))
  })

  test('an error is placed where it was thrown, whatever its words look like', () => {
    const fields = describeError(new Error("no '/home/ann/plan\n    at home.pdf'"))
    expect(fields['at']).toMatch(/^at .*app-words\.test/)
    const other = new Error('something else')
    other.stack = 'Error: no such file\n    at home.pdf\n    at open (x.ts:1:1)'
    expect(describeError(other)['at']).toBeUndefined()
  })

  test('of an error its place, never its message', () => {
    const fields = describeError(new TypeError('secret'))
    expect(fields).toMatchObject({ error: 'TypeError', at: expect.stringContaining('app-words') })
    expect(JSON.stringify(fields)).not.toContain('secret')
  })
})
