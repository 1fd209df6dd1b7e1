import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FrameMeter } from '../../core/connection/frame-meter.ts'

function frame(size: number): Buffer {
  const data = Buffer.alloc(3 + size, 0xff)
  data.writeUIntLE(size, 0, 3)
  return data
}

/** Cuts the bytes at the places given, modulo their length. */
function pieces(data: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (data.byteLength + 1)), data.byteLength]
  at.sort((a, b) => a - b)
  return at.slice(1).map((end, i) => data.subarray(at[i], end))
}

const cuts = fc.array(fc.nat(), { maxLength: 12 })
const sizes = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 8 })

describe('the frame meter', () => {
  test('lets frames up to the limit pass, however the bytes are cut', () => {
    fc.assert(
      fc.property(sizes, cuts, (frames, at) => {
        const meter = new FrameMeter(100)
        const data = Buffer.concat(frames.map(frame))
        expect(pieces(data, at).every((piece) => meter.push(piece))).toBe(true)
      }),
    )
  })

  test('stops at the header of the first frame over it, before a byte of its content', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 101, max: 0xffffff }), cuts, (frames, over, at) => {
        const meter = new FrameMeter(100)
        const header = Buffer.alloc(3)
        header.writeUIntLE(over, 0, 3)
        const data = Buffer.concat([...frames.map(frame), header])
        expect(pieces(data, at).every((piece) => meter.push(piece))).toBe(false)
      }),
    )
  })

  test('a limit that is raised holds from the next frame on', () => {
    const meter = new FrameMeter(10)
    expect(meter.push(frame(10))).toBe(true)
    meter.limit = 20
    expect(meter.push(frame(20))).toBe(true)
    expect(meter.push(frame(21))).toBe(false)
  })
})
