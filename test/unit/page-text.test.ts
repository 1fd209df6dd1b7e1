import { describe, expect, test } from '@jest/globals'
import { encode } from 'uqr'
import type { RoomView } from '../../node-app/api/schemas.ts'
import { codeIn } from '../../web-ui/src/api/session.ts'
import { dayOf, dayWords, isoTime } from '../../web-ui/src/text/dates.ts'
import { inviteIn, pairingCodeIn } from '../../web-ui/src/text/invite-text.ts'
import { linkedText } from '../../web-ui/src/text/linked-text.ts'
import { qrPath } from '../../web-ui/src/text/qr-path.ts'
import { roomLeft } from '../../web-ui/src/text/message-size.ts'
import {
  deliveryWords,
  memberWords,
  nearWords,
  roomWords,
  titleWords,
} from '../../web-ui/src/text/words.ts'

const ROOM: RoomView = {
  id: 'r',
  name: 'Maple Street',
  role: 'member',
  state: 'joined',
  members: 3,
  unread: 0,
  mentions: 0,
  messages: 0,
  missing: 0,
}

describe('an invite that was pasted', () => {
  const invite = 'porchlight:AbC-123_xyz~9'
  test.each([
    ['as it is', invite],
    ['with space around', `  ${invite}\n`],
    ['broken over lines', 'porchlight:AbC-\n  123_\r\nxyz~9'],
    ['quoted in a mail', '> porchlight:AbC-\n> 123_xyz~9'],
    ['behind words', `Come in! ${invite}`],
    ['before a farewell', `${invite}\n\nSee you, Ben`],
    ['in brackets', `<${invite}>`],
    ['with invisible characters', 'porchlight:AbC-\u200b123_\u00adxyz~9'],
    ['shouted', 'PORCHLIGHT:AbC-123_xyz~9'],
  ])('is found %s', (_, pasted) => {
    expect(inviteIn(pasted)).toBe(invite)
  })

  test.each(['', 'hello', 'porchlight:', 'https://example.org/'])('is not seen in %j', (pasted) => {
    expect(inviteIn(pasted)).toBeNull()
  })
})

describe('web addresses in a message', () => {
  const links = (text: string): (string | undefined)[] =>
    linkedText(text).flatMap((part) => part.href ?? [])

  test('become links, without the punctuation after them', () => {
    expect(linkedText('See https://example.org/a. Or (http://b.example/x_(y))!')).toEqual([
      { text: 'See ' },
      { text: 'https://example.org/a', href: 'https://example.org/a' },
      { text: '. Or (' },
      { text: 'http://b.example/x_(y)', href: 'http://b.example/x_(y)' },
      { text: ')!' },
    ])
  })

  test.each([
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'file:///etc/passwd',
    'https://bank.example@evil.example/',
    'http://',
    'xhttps://example.org',
  ])('stay text: %s', (text) => {
    expect(links(text)).toEqual([])
  })

  test('end at direction marks, and lose nothing of the text', () => {
    const text = 'https://example.org/\u202egnp.exe and\nmore'
    expect(links(text)).toEqual(['https://example.org/'])
    expect(
      linkedText(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text)
  })
})

test('a sign-in link gives its code, whole or alone, and nothing else does', () => {
  expect(codeIn('http://127.0.0.1:4747/#code=AbCdEf-1_2')).toBe('AbCdEf-1_2')
  expect(codeIn(' http://127.0.0.1:4747/#code=AbCd\nEf-1_2 ')).toBe('AbCdEf-1_2')
  expect(codeIn('AbCdEf-1_2')).toBe('AbCdEf-1_2')
  expect(codeIn('http://127.0.0.1:4747/')).toBeNull()
  expect(codeIn('#code=%E0%A4%A')).toBeNull()
})

test('delivery is told as far as it is known', () => {
  expect(deliveryWords({ state: 'saved', devices: 0 })).toBe('Saved here, not passed on yet')
  expect(deliveryWords({ state: 'carried', devices: 1 })).toBe('Carried by 1 other device')
  expect(deliveryWords({ state: 'delivered', devices: 3 })).toBe('Delivered to 3 devices')
  expect(deliveryWords({ state: 'read', devices: 3 })).toBe('Read by 3 people')
})

test('a pairing code is found like an invite, and neither is taken for the other', () => {
  expect(pairingCodeIn('it says\nporchlight-pair:AbC-\n  12')).toBe('porchlight-pair:AbC-12')
  expect(pairingCodeIn('porchlight:AbC')).toBeNull()
  expect(inviteIn('porchlight-pair:AbC')).toBeNull()
})

test('the title counts what was not read, and what names this person', () => {
  const room = (unread: number, mentions: number) =>
    ({ ...ROOM, unread, mentions }) satisfies RoomView
  expect(titleWords('Maple', [room(0, 0)])).toBe('Maple')
  expect(titleWords('Maple', [room(2, 0), room(3, 0)])).toBe('(5) Maple')
  expect(titleWords('Maple', [room(2, 1), room(3, 0)])).toBe('(5, @1) Maple')
})

test('rooms and members are told with what matters about them', () => {
  expect(roomWords({ ...ROOM, state: 'waiting' })).toBe('Waiting to be let in')
  expect(roomWords({ ...ROOM, state: 'removed' })).toBe('You were removed')
  expect(roomWords(ROOM)).toBe('3 people')
  const member = {
    id: '1',
    name: 'Ben',
    role: 'moderator',
    self: false,
    muted: true,
    verified: true,
    blocked: true,
    confusable: false,
    devices: [],
  } as const
  expect(memberWords(member)).toBe('Moderator, verified, muted, blocked by you')
})

test('who is near is told with the ways they are reached', () => {
  const peer = { id: 'a', transport: 'lan', rooms: [], since: 0 }
  const lan = { id: 'lan', state: 'on', peers: 0, addresses: [] } as const
  expect(nearWords([peer, { ...peer, transport: 'ble' }], [lan])).toBe(
    '2 devices near: Local network, Bluetooth',
  )
  expect(nearWords([], [lan])).toBe('Nobody near yet. Looking…')
  expect(nearWords([], [{ ...lan, state: 'off' }])).toBe('No way to reach others is on')
})

test('a time that no calendar has does no harm', () => {
  for (const time of [Number.NaN, Infinity, -1e300, 9e15]) {
    expect(isoTime(time)).toMatch(/Z$/)
    expect(dayWords(dayOf(time), 0)).not.toBe('')
  }
})

test('the size of a message counts bytes, not letters', () => {
  expect(roomLeft('a')).toBe(16 * 1024 - 1)
  expect(roomLeft('💛')).toBe(16 * 1024 - 4)
  expect(roomLeft('x'.repeat(16 * 1024 + 1))).toBe(-1)
})

test('a QR code is drawn module by module, with the quiet zone that scanners need', () => {
  const text = `porchlight:${'AbC-123_'.repeat(18)}`
  const { path, size } = qrPath(text)
  const drawn = Array.from({ length: size }, () => Array.from({ length: size }, () => false))
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    drawn[Number(y)]?.fill(true, Number(x), Number(x) + Number(width))
  }
  expect(drawn).toEqual(encode(text, { ecc: 'L', border: 4 }).data)
  expect(drawn.slice(0, 4).flat()).not.toContain(true)
  expect(drawn.map((row) => row.slice(-4)).flat()).not.toContain(true)
  expect(drawn[4]?.slice(4, 12)).toEqual([true, true, true, true, true, true, true, false])
})
