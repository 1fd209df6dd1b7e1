import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { rangeOf } from '../../node-app/api/byte-range.ts'
import { servedAs } from '../../node-app/api/served-as.ts'
import { imageKind } from '../../node-app/previews/image-kind.ts'
import { mediaType } from '../../node-app/previews/media-type.ts'

describe('ranges', () => {
  test('whatever the header, what is given lies in the file', () => {
    const number = fc.oneof(fc.nat(2000), fc.bigInt({ min: 0n, max: 10n ** 16n }), fc.constant(''))
    const header = fc.oneof(
      fc.string(),
      fc.tuple(number, number).map(([first, last]) => `bytes=${first}-${last}`),
    )
    fc.assert(
      fc.property(header, fc.nat(1000), (text, size) => {
        const range = rangeOf(text, size)
        if (range === undefined || range === 'unsatisfiable') return
        expect(range.start).toBeGreaterThanOrEqual(0)
        expect(range.end).toBeGreaterThan(range.start)
        expect(range.end).toBeLessThanOrEqual(size)
      }),
    )
  })
})

describe('how a file is served', () => {
  test('whatever its name and type, the headers are headers, and nothing runs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (name, claimed) => {
        const { type, disposition } = servedAs(name, claimed, false)
        expect(disposition).toMatch(
          /^(inline|attachment); filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w!#$&+.^`|~%-]*$/,
        )
        expect(disposition.split('"')).toHaveLength(3)
        expect(type).toMatch(
          /^(image|audio|video)\/[a-z0-9]+$|^text\/plain|^application\/octet-stream$/,
        )
      }),
    )
  })
})

describe('media types', () => {
  test('by the extension, whatever its case; none for others', () => {
    expect(
      ['a.MP4', 'b.tar.gz', '/x/y.jpeg', '.png', 'png', 'a.', 'a.constructor'].map(mediaType),
    ).toEqual([
      'video/mp4',
      'application/gzip',
      'image/jpeg',
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  test('of images by how they begin', () => {
    const begins: [string, string | undefined][] = [
      ['\xff\xd8\xff\xe0 12345678', 'image/jpeg'],
      ['\x89PNG\r\n\x1a\n1234', 'image/png'],
      ['GIF89a 12345', 'image/gif'],
      ['RIFF1234WEBP', 'image/webp'],
      ['RIFF1234WAVE', undefined],
      ['II*\x0012345678', 'image/tiff'],
      ['MM\x00*12345678', 'image/tiff'],
      ['\0\0\0\x20ftypavif\0\0\0\0', 'image/avif'],
      ['\0\0\0\x20ftypmif1\0\0\0\0avif', 'image/avif'],
      ['\0\0\0\x20ftypisom\0\0\0\0', undefined],
      ['<svg xmlns="x">', undefined],
      ['GIF89a', undefined],
    ]
    for (const [head, type] of begins) {
      expect([head, imageKind(Buffer.from(head, 'latin1'))]).toEqual([head, type])
    }
  })
})
