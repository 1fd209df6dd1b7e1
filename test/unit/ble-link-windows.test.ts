import { describe, expect, test } from '@jest/globals'
import { ReceiveWindow } from '../../transports/ble/link/receive-window.ts'
import { SendWindow } from '../../transports/ble/link/send-window.ts'

const piece = (bytes: number, end = false): { bytes: Buffer; end: boolean } => ({
  bytes: Buffer.alloc(bytes),
  end,
})

/** A sending side with five packets of 100 bytes under way; the third asks. */
function sending(): SendWindow {
  const window = new SendWindow()
  window.grant(8)
  for (let n = 0; n < 5; n++) window.add({ ...piece(100), at: n, asked: n === 2 })
  return window
}

describe('the sending side', () => {
  test('counts what is under way and what there is room for', () => {
    const window = sending()
    expect([window.underWay, window.room, window.next]).toEqual([500, 8 * 256 - 500, 5])
    expect(window.acknowledge({ next: 3, window: 8, missing: 0 }).kind).toBe('progress')
    expect([window.underWay, window.room, window.acknowledged]).toEqual([200, 8 * 256 - 200, 3])
    expect(window.acknowledge({ next: 2, window: 255, missing: 0 }).kind).toBe('nothing')
    expect(window.acknowledge({ next: 3, window: 9, missing: 0 }).kind).toBe('room')
    // What was once granted stays.
    expect(window.acknowledge({ next: 3, window: 0, missing: 0 }).kind).toBe('nothing')
    expect(window.room).toBe(9 * 256 - 200)
  })

  test.each([
    [6, 0],
    [5, 1],
    [0, 6],
  ])('what was never sent is neither received (%i) nor missing (%i)', (next, missing) => {
    expect(sending().acknowledge({ next, window: 9, missing }).kind).toBe('impossible')
  })

  test('a round trip is that of a packet that asked and went once', () => {
    const newest = (window: SendWindow, next: number): unknown => {
      const done = window.acknowledge({ next, window: 8, missing: 0 })
      return done.kind === 'impossible' ? done : (done.newest?.number ?? null)
    }
    expect(newest(sending(), 3)).toBe(2)
    expect(newest(sending(), 4)).toBeNull()
    const twice = sending()
    twice.lose(3)
    expect(
      [twice.again(), twice.again(), twice.again(), twice.again()].map((one) => one?.number),
    ).toEqual([0, 1, 2, undefined])
    expect(newest(twice, 3)).toBeNull()
  })

  test('what arrived meanwhile does not go again', () => {
    const window = sending()
    window.lose(4)
    expect(window.again()?.number).toBe(0)
    window.acknowledge({ next: 2, window: 8, missing: 0 })
    expect([window.again()?.number, window.again()?.number, window.again()]).toEqual([2, 3, null])
  })

  test('no more than 127 packets are under way', () => {
    const window = new SendWindow()
    window.grant(255)
    for (let n = 0; n < 127; n++) {
      expect(window.full).toBe(false)
      window.add({ ...piece(1), at: 0, asked: false })
    }
    expect(window.full).toBe(true)
  })
})

describe('the receiving side', () => {
  test('gives pieces in order, each once, and tells what is missing', () => {
    const window = new ReceiveWindow()
    const given = (): number[] => {
      const all: number[] = []
      for (let one = window.next(); one !== null; one = window.next()) all.push(one.bytes.length)
      return all
    }
    expect(window.accept(0, piece(10))).toBe('kept')
    expect(given()).toEqual([10])
    expect([window.accept(3, piece(13)), window.accept(3, piece(99))]).toEqual(['kept', 'again'])
    expect([given(), window.incomplete, window.ackIn]).toEqual([[], true, 0])
    expect(window.tell()).toMatchObject({ next: 1, missing: 2 })
    window.accept(1, piece(11))
    expect([given(), window.ackIn]).toEqual([[11], 0])
    expect(window.tell()).toMatchObject({ next: 2, missing: 1 })
    window.accept(2, piece(12))
    expect(given()).toEqual([12, 13])
    expect([window.incomplete, window.accept(0, piece(10))]).toEqual([false, 'again'])
    expect(window.tell()).toMatchObject({ next: 4, missing: 0 })
  })

  test('that later ones were sent shows what is missing at the end', () => {
    const window = new ReceiveWindow()
    window.knowSent(2)
    expect([window.incomplete, window.ackIn]).toEqual([true, 0])
    expect(window.tell()).toMatchObject({ next: 0, missing: 2 })
  })

  test('room opens again as the reader takes, and the other end is told once it is much', () => {
    const window = new ReceiveWindow()
    const all = window.window * 256
    let number = 0
    const fill = (): void => {
      while (window.accept(number, piece(256)) === 'kept') {
        number++
        window.next()
      }
    }
    fill()
    expect(number * 256).toBe(all)
    expect(window.tell().window).toBe(0)
    window.take(1_000)
    expect(window.ackIn).toBeNull()
    window.take(all / 2)
    expect(window.ackIn).toBe(0)
    expect(window.tell().window).toBe(Math.floor((all / 2 + 1_000) / 256))
    fill()
    expect(number * 256).toBeLessThanOrEqual(all + all / 2 + 1_000)
    expect(number * 256).toBeGreaterThan(all + all / 2)
  })

  test('acknowledgements wait a little for company, unless asked for or many are due', () => {
    const window = new ReceiveWindow()
    expect(window.ackIn).toBeNull()
    window.accept(0, piece(10))
    window.next()
    expect(window.ackIn).toBe(40)
    window.ask()
    expect(window.ackIn).toBe(0)
    window.tell()
    expect(window.ackIn).toBeNull()
    window.accept(1, piece(4_096))
    window.next()
    expect(window.ackIn).toBe(0)
  })
})
