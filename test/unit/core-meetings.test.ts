import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../core/connection/connection.ts'
import { seededRandom } from '../../core/random.ts'
import type { Meeting, MeetingWire } from '../../core/session/meeting.ts'
import { Meetings } from '../../core/session/meetings.ts'
import { roomTag } from '../../core/session/room-tags.ts'

const random = seededRandom(2)
const handshakeHash = random.bytes(64)

class Side {
  readonly heard: string[] = []
  readonly words: { tag: Buffer; data: Buffer }[] = []
  readonly closed: string[] = []
  readonly meetings: Meetings
  known: Meeting[]
  wire: MeetingWire | null = null

  constructor(initiator: boolean, matchKey: Buffer, quiet: boolean) {
    const close = (reason: string): void => void this.closed.push(reason)
    this.known = [
      {
        matchKey,
        quiet,
        open: (wire) => {
          this.wire = wire
          return {
            onmessage: (data) => this.heard.push(data.toString()),
            onclose: () => this.heard.push('closed'),
          }
        },
      },
    ]
    this.meetings = new Meetings({
      connection: { handshakeHash, initiator, closed: false, close } as unknown as Connection,
      meetings: () => this.known,
      send: (tag, data) => this.words.push({ tag, data }),
    })
  }

  shown(): Set<string> {
    return new Set(this.meetings.tags().map((tag) => tag.toString('hex')))
  }
}

let key: Buffer
let loud: Side
let quiet: Side

beforeEach(() => {
  key = random.bytes(32)
  loud = new Side(true, key, false)
  quiet = new Side(false, key, true)
})

/** Each side sees the other's tags. */
function meet(): void {
  expect(quiet.meetings.match(loud.shown())).toBe(true)
  expect(loud.meetings.match(quiet.shown())).toBe(false)
}

describe('a meeting', () => {
  test('who is quiet shows its tag only to who showed the other one', () => {
    expect(quiet.shown().size).toBe(0)
    expect(quiet.meetings.match(new Set([random.bytes(16).toString('hex')]))).toBe(false)
    expect(quiet.shown().size).toBe(0)
    meet()
    expect(quiet.shown().size).toBe(1)
    expect([loud.meetings.size, quiet.meetings.size]).toEqual([1, 1])
  })

  test('words reach the other end under one tag', () => {
    meet()
    loud.wire!.send(Buffer.from('hello'))
    quiet.wire!.send(Buffer.from('hello yourself'))
    for (const { tag, data } of loud.words) quiet.meetings.onword(tag, data)
    for (const { tag, data } of quiet.words) loud.meetings.onword(tag, data)
    expect([quiet.heard, loud.heard]).toEqual([['hello'], ['hello yourself']])
  })

  test('A6: a tag that is sent back, or of another session, opens nothing', () => {
    expect(loud.meetings.match(loud.shown())).toBe(false)
    expect(loud.meetings.size).toBe(0)
    const elsewhere = roomTag(key, random.bytes(64), false).toString('hex')
    loud.meetings.match(new Set([elsewhere]))
    expect(loud.meetings.size).toBe(0)
  })

  test('words before it was found, and under other tags, are nothing', () => {
    const tag = roomTag(key, handshakeHash, true)
    loud.meetings.onword(tag, Buffer.from('early'))
    meet()
    loud.meetings.onword(random.bytes(16), Buffer.from('elsewhere'))
    expect(loud.heard).toEqual([])
    expect(loud.closed).toEqual([])
  })

  test('a peer that says too much is cut off', () => {
    meet()
    const tag = roomTag(key, handshakeHash, true)
    for (let n = 0; n < 300; n++) loud.meetings.onword(tag, Buffer.from('again'))
    expect(loud.heard.length).toBeLessThan(300)
    expect(loud.closed).not.toEqual([])
  })

  test('it ends when either side ends it', () => {
    meet()
    loud.known = []
    loud.meetings.match(quiet.shown())
    expect(loud.heard).toEqual(['closed'])
    quiet.meetings.match(loud.shown())
    expect(quiet.heard).toEqual(['closed'])
  })
})
