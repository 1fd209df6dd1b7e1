import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Connection } from '../../core/connection/connection.ts'
import { seededRandom } from '../../core/random.ts'
import type { Meeting, MeetingWire } from '../../core/session/meeting.ts'
import { Meetings } from '../../core/session/meetings.ts'
import { roomTag } from '../../core/session/room-tags.ts'

const random = seededRandom(2)
const handshakeHash = random.bytes(64)

const PROOF = Buffer.alloc(64, 'proof')

class Side {
  readonly heard: string[] = []
  readonly words: { tag: Buffer; data: Buffer }[] = []
  readonly closed: string[] = []
  readonly meetings: Meetings
  known: Meeting[]
  wire: MeetingWire | null = null
  shows = 0

  constructor(initiator: boolean, matchKey: Buffer, quiet: boolean) {
    const close = (reason: string): void => void this.closed.push(reason)
    this.known = [
      {
        matchKey,
        quiet,
        ...(!quiet && { knock: () => PROOF }),
        open: (wire) => {
          this.wire = wire
          return {
            onmessage: (data) => this.heard.push(data.toString()),
            onknock: (data) => {
              if (!data.equals(PROOF)) return
              this.heard.push('proof')
              wire.met()
            },
            onclose: () => this.heard.push('closed'),
          }
        },
      },
    ]
    this.meetings = new Meetings({
      connection: { handshakeHash, initiator, closed: false, close } as unknown as Connection,
      meetings: () => this.known,
      send: (tag, data) => this.words.push({ tag, data }),
      onmet: () => this.shows++,
      random,
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

/** Each side sees the other's tags, the quiet one's once it was given proof. */
function meet(): void {
  quiet.meetings.match(loud.shown())
  knock()
  loud.meetings.match(quiet.shown())
}

function knock(): void {
  loud.meetings.knock()
  for (const { tag, data } of loud.words.splice(0)) quiet.meetings.onword(tag, data)
}

describe('a meeting', () => {
  test('who is quiet shows its tag only to who proved itself', () => {
    expect(quiet.shown().size).toBe(0)
    quiet.meetings.match(new Set([random.bytes(16).toString('hex')]))
    quiet.meetings.match(loud.shown())
    expect([quiet.wire === null, quiet.shown().size, quiet.meetings.size]).toEqual([false, 0, 0])
    meet()
    expect([quiet.shown().size, quiet.shows, quiet.meetings.met]).toEqual([1, 1, true])
    expect([loud.meetings.size, quiet.meetings.size]).toEqual([1, 1])
  })

  test('a knock is said once, and heard by a meeting that begins later', () => {
    const known = quiet.known
    quiet.known = []
    quiet.meetings.match(loud.shown())
    knock()
    knock()
    expect(quiet.heard).toEqual([])
    quiet.known = known
    quiet.meetings.match(loud.shown())
    expect([quiet.heard, quiet.shown().size]).toEqual([['proof'], 1])
    // It is heard again by one that takes the place of the first.
    quiet.known = []
    quiet.meetings.match(loud.shown())
    quiet.known = known
    quiet.meetings.match(loud.shown())
    expect(quiet.heard).toEqual(['proof', 'closed', 'proof'])
  })

  test('a stranger can not tell a knock from the noise of who does not knock', () => {
    quiet.meetings.match(loud.shown())
    for (const side of [loud, quiet]) {
      side.meetings.knock()
      side.meetings.knock()
      expect(side.words).toHaveLength(1)
      const { tag, data } = side.words[0]!
      expect([tag.byteLength, data.byteLength]).toEqual([16, 64])
      expect(data.includes('proof')).toBe(false)
      const shown = [true, false].map((initiator) => roomTag(key, handshakeHash, initiator))
      expect(shown.some((other) => other.equals(tag))).toBe(false)
    }
    expect(quiet.shown().size).toBe(0)
  })

  test('A6: a knock that is sent back, or of another session, is worth nothing', () => {
    loud.meetings.knock()
    const { tag, data } = loud.words[0]!
    quiet = new Side(true, key, true)
    quiet.meetings.match(new Set([roomTag(key, handshakeHash, false).toString('hex')]))
    quiet.meetings.onword(tag, data)
    expect([quiet.heard, quiet.shown().size]).toEqual([[], 0])
  })

  test('a peer that knows very many keys opens few meetings', () => {
    const [proto] = loud.known as [Meeting]
    const keys = Array.from({ length: 2_000 }, () => random.bytes(32))
    loud.known = keys.map((matchKey) => ({ ...proto, matchKey }))
    const tags = keys.map((matchKey) => roomTag(matchKey, handshakeHash, false).toString('hex'))
    loud.meetings.match(new Set(tags))
    expect(loud.meetings.size).toBe(32)
    expect(loud.shown().size).toBe(32)
  })

  test('words reach the other end under one tag', () => {
    meet()
    quiet.heard.length = 0
    loud.wire!.send(Buffer.from('hello'))
    quiet.wire!.send(Buffer.from('hello yourself'))
    for (const { tag, data } of loud.words) quiet.meetings.onword(tag, data)
    for (const { tag, data } of quiet.words) loud.meetings.onword(tag, data)
    expect([quiet.heard, loud.heard]).toEqual([['hello'], ['hello yourself']])
  })

  test('A6: a tag that is sent back, or of another session, opens nothing', () => {
    loud.meetings.match(loud.shown())
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
    expect(quiet.heard).toEqual(['proof', 'closed'])
  })
})
