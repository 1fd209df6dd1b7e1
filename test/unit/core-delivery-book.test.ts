import { describe, expect, test } from '@jest/globals'
import { hash } from '../../core/crypto/hash.ts'
import type { ContentLog } from '../../core/room/content-log.ts'
import { keyPrefix } from '../../core/control/log-prefix.ts'
import { encodeAck } from '../../core/room/delivery/ack-payload.ts'
import { DeliveryBook } from '../../core/room/delivery/delivery-book.ts'
import type { Holder } from '../../core/room/delivery/delivery-book.ts'
import { KIND_ACK, KIND_TEXT } from '../../core/room/record.ts'
import type { PlacedRecord } from '../../core/room/record-consumer.ts'

const idOf = (name: string): string => hash([Buffer.from(name)]).toString('hex')

const ME = idOf('me')
const HERE = idOf('my laptop')
const THERE = idOf('my phone')
const MINE = Buffer.from(idOf('my log'), 'hex')
const PHONE = Buffer.from(idOf('my phone log'), 'hex')

interface World {
  book: DeliveryBook
  holders: Map<string, Holder>
  written: Map<Buffer, number>
  opened: Set<string>
  news: number
}

/** Ann has two devices, Bob one; Mia is muted, Leo left. Five records of mine in epoch 0. */
function world(): World {
  const of = (person: string, state: Partial<Holder> = {}): Holder => {
    return { person: idOf(person), in: true, muted: false, ...state }
  }
  const made: World = {
    book: null as never,
    holders: new Map<string, Holder>([
      [HERE, of('me')],
      [THERE, of('me')],
      [nameOf('ann 1'), of('ann')],
      [nameOf('ann 2'), of('ann')],
      [nameOf('bob'), of('bob')],
      [nameOf('mia'), of('mia', { muted: true })],
      [nameOf('leo'), of('leo', { in: false })],
    ]),
    written: new Map([
      [MINE, 5],
      [PHONE, 2],
    ]),
    opened: new Set(),
    news: 0,
  }
  made.book = new DeliveryBook(
    {
      person: ME,
      device: HERE,
      holder: (device) => made.holders.get(device) ?? null,
      opens: (device, epoch) => epoch === 0 || made.opened.has(`${device}/${epoch}`),
      written: (log) => [...made.written].find(([key]) => key.toString('hex') === log)?.[1] ?? 0,
    },
    () => made.news++,
  )
  made.book.add({ key: MINE, device: HERE })
  made.book.add({ key: PHONE, device: THERE })
  write(made, MINE, HERE, 5)
  write(made, PHONE, THERE, 2)
  return made
}

function nameOf(device: string): string {
  return [HERE, THERE].includes(device) ? device : idOf(device)
}

/** The records of an own log as they are placed here. */
function write(made: World, key: Buffer, device: string, count: number, epoch = 0): void {
  for (let seq = 0; seq < count; seq++) {
    made.book.take(record({ key, device, person: ME }, { seq, epoch }))
  }
}

function record(
  log: { key: Buffer; device: string; person: string },
  fields: Partial<PlacedRecord> & { heads?: { log: Buffer; length: number }[]; ack?: Buffer },
): PlacedRecord {
  const { heads = [], ack, ...rest } = fields
  return {
    log: { ...log, hex: log.key.toString('hex'), own: log.device === HERE } as ContentLog,
    seq: 0,
    epoch: 0,
    size: 200,
    body: { sentAt: 0, kind: ack ? KIND_ACK : KIND_TEXT, heads, payload: ack ?? Buffer.alloc(0) },
    ...rest,
  }
}

/** A record in the log of another's device. */
function said(
  made: World,
  device: string,
  fields: { heads?: { log: Buffer; length: number }[]; ack?: Buffer },
): void {
  const id = nameOf(device)
  const person = made.holders.get(id)?.person ?? idOf('nobody')
  made.book.take(
    record({ key: Buffer.from(idOf(`log of ${device}`), 'hex'), device: id, person }, fields),
  )
}

function ack(have: [Buffer, number][], read: [Buffer, number][] = []): Buffer {
  const entries = (list: [Buffer, number][]) =>
    list.map(([log, length]) => ({ log: keyPrefix(log), length }))
  return encodeAck({ have: entries(have), read: entries(read) })
}

const mine = MINE.toString('hex')
const phone = PHONE.toString('hex')

describe('delivery', () => {
  test('goes from saved to carried to delivered to read, and counts each device and person once', () => {
    const made = world()
    const { book } = made
    const states = (): string[] =>
      [0, 1, 2, 3, 4].map((seq) => {
        const { state, devices } = book.of(mine, seq)
        return `${state} ${devices}`
      })
    expect(states()).toEqual(Array(5).fill('saved 0'))
    book.tell(THERE, mine, 5)
    expect(states()).toEqual(Array(5).fill('carried 1'))
    book.tell(nameOf('ann 1'), mine, 4)
    book.tell(nameOf('ann 1'), mine, 4)
    book.tell(nameOf('bob'), mine, 2)
    expect(states()).toEqual([
      'delivered 2',
      'delivered 2',
      'delivered 1',
      'delivered 1',
      'carried 1',
    ])
    said(made, 'ann 1', { ack: ack([], [[MINE, 2]]) })
    said(made, 'ann 2', { ack: ack([], [[MINE, 3]]) })
    book.tellRead(nameOf('bob'), mine, 1)
    expect(states()).toEqual(['read 2', 'read 1', 'read 1', 'delivered 1', 'carried 1'])
  })

  test('own, muted and left devices are carriers', () => {
    const made = world()
    for (const device of [THERE, 'mia', 'leo']) made.book.tell(nameOf(device), mine, 5)
    made.book.tellRead(THERE, mine, 5)
    made.book.tellRead(nameOf('mia'), mine, 5)
    said(made, 'mia', { ack: ack([[MINE, 5]], [[MINE, 5]]) })
    expect(made.book.of(mine, 4)).toEqual({ state: 'carried', devices: 3 })
  })

  test('what was delivered stays so when the device leaves, whether it told or wrote it', () => {
    const made = world()
    made.book.tell(nameOf('bob'), mine, 5)
    made.holders.set(nameOf('bob'), { person: idOf('bob'), in: false, muted: false })
    made.holders.set(nameOf('ann 1'), { person: idOf('ann'), in: false, muted: false })
    // Her records come late; they count as far as she was in.
    said(made, 'ann 1', { heads: [{ log: MINE, length: 5 }] })
    expect(made.book.of(mine, 4)).toEqual({ state: 'delivered', devices: 2 })
  })

  test('heads and acknowledgements in records count like words in a session', () => {
    const made = world()
    said(made, 'ann 1', { heads: [{ log: MINE, length: 3 }] })
    said(made, 'bob', {
      ack: ack([
        [MINE, 4],
        [PHONE, 2],
      ]),
    })
    expect(made.book.of(mine, 2)).toEqual({ state: 'delivered', devices: 2 })
    expect(made.book.of(mine, 3)).toEqual({ state: 'delivered', devices: 1 })
    expect(made.book.of(phone, 1)).toEqual({ state: 'delivered', devices: 1 })
  })

  test('A8: claims of what was never written, of non-members, of oneself and of others’ logs change nothing', () => {
    const made = world()
    const huge = Number.MAX_SAFE_INTEGER
    for (const length of [6, huge]) {
      made.book.tell(nameOf('bob'), mine, length)
      made.book.tellRead(nameOf('bob'), mine, length)
      said(made, 'bob', { heads: [{ log: MINE, length }] })
      said(made, 'bob', { ack: ack([[MINE, length]], [[MINE, length]]) })
      // Not later either, when so much was written.
      write(made, MINE, HERE, 5)
    }
    made.written.set(MINE, 6)
    made.book.tell(idOf('a stranger'), mine, 3)
    made.book.tellRead(idOf('a stranger'), mine, 3)
    said(made, 'a stranger', { ack: ack([[MINE, 3]], [[MINE, 3]]) })
    made.book.tell(HERE, mine, 3)
    made.book.tell(nameOf('bob'), idOf('a log of ann'), 3)
    expect(made.book.of(mine, 0)).toEqual({ state: 'saved', devices: 0 })
    expect(made.book.of(idOf('a log of ann'), 0)).toEqual({ state: 'saved', devices: 0 })
    expect(made.news).toBe(0)
  })

  test('A8: an acknowledgement that is ill-made says nothing', () => {
    const made = world()
    const good = ack([[MINE, 3]])
    for (const bad of [good.subarray(1), Buffer.concat([good, Buffer.alloc(1)]), Buffer.alloc(0)]) {
      said(made, 'bob', { ack: bad })
    }
    expect(made.book.of(mine, 0).devices).toBe(0)
  })

  test('who came after an epoch has its records, and they are not delivered there', () => {
    const made = world()
    made.written.set(MINE, 7)
    for (const seq of [5, 6]) {
      made.book.take(record({ key: MINE, device: HERE, person: ME }, { seq, epoch: 9 }))
    }
    made.opened.add(`${nameOf('bob')}/9`)
    made.book.tell(nameOf('bob'), mine, 7)
    made.book.tell(nameOf('ann 1'), mine, 7)
    expect(made.book.of(mine, 4)).toEqual({ state: 'delivered', devices: 2 })
    expect(made.book.of(mine, 5)).toEqual({ state: 'delivered', devices: 1 })
    made.book.tellRead(nameOf('ann 1'), mine, 7)
    expect(made.book.of(mine, 6)).toEqual({ state: 'delivered', devices: 1 })
  })

  test('of our other device’s log others may know more than we do: it counts once that is here', () => {
    const made = world()
    made.book.tell(nameOf('bob'), phone, 3)
    said(made, 'ann 1', { ack: ack([], [[PHONE, 3]]) })
    expect(made.book.of(phone, 1)).toEqual({ state: 'saved', devices: 0 })
    made.written.set(PHONE, 3)
    write(made, PHONE, THERE, 3)
    expect(made.book.of(phone, 2)).toEqual({ state: 'read', devices: 1 })
  })

  test('a node that can not read the room carries what it said is stored, and delivers nothing', () => {
    const made = world()
    made.book.stored(idOf('node'), mine, 3)
    made.book.stored(idOf('another node'), mine, 2)
    expect(made.book.of(mine, 1)).toEqual({ state: 'carried', devices: 2 })
    expect(made.book.of(mine, 2)).toEqual({ state: 'carried', devices: 1 })
    expect(made.book.of(mine, 3)).toEqual({ state: 'saved', devices: 0 })
    const again = world()
    again.book.reset()
    again.book.load(made.book.save())
    // What is read anew at a restart does not take it back.
    again.book.reset()
    expect(again.book.of(mine, 2)).toEqual({ state: 'carried', devices: 1 })
    again.book.tell(nameOf('bob'), mine, 3)
    write(again, MINE, HERE, 5)
    expect(again.book.of(mine, 2)).toEqual({ state: 'delivered', devices: 1 })
  })

  test('A17: a node that lost some of it, or holds it no more, carries that no longer', () => {
    const made = world()
    made.book.stored(idOf('node'), mine, 3)
    made.book.stored(idOf('another node'), mine, 3)
    made.book.stored(idOf('node'), mine, 1)
    expect(made.book.of(mine, 2)).toEqual({ state: 'carried', devices: 1 })
    made.book.dropped(idOf('another node'))
    expect(made.book.of(mine, 2)).toEqual({ state: 'saved', devices: 0 })
    expect(made.book.of(mine, 0)).toEqual({ state: 'carried', devices: 1 })
    made.book.tell(nameOf('bob'), mine, 3)
    // What a member's device has is not the node's to take back.
    made.book.dropped(nameOf('bob'))
    expect(made.book.of(mine, 2)).toEqual({ state: 'delivered', devices: 1 })
  })

  test('A8: a node that says it holds what was never written, or logs of others, says nothing', () => {
    const made = world()
    for (const length of [6, Number.MAX_SAFE_INTEGER]) made.book.stored(idOf('node'), mine, length)
    made.written.set(MINE, 7)
    write(made, MINE, HERE, 7)
    made.book.stored(idOf('node'), idOf('a log of ann'), 3)
    made.book.stored(HERE, mine, 3)
    expect(made.book.of(mine, 0)).toEqual({ state: 'saved', devices: 0 })
    expect(made.news).toBe(0)
  })

  test('a node that becomes a member is one device, and its person reads', () => {
    const made = world()
    made.book.stored(idOf('node'), mine, 3)
    made.holders.set(idOf('node'), { person: idOf('nora'), in: true, muted: false })
    made.book.tell(idOf('node'), mine, 3)
    expect(made.book.of(mine, 2)).toEqual({ state: 'delivered', devices: 1 })
    made.book.tellRead(idOf('node'), mine, 3)
    made.book.tellRead(nameOf('ann 1'), mine, 3)
    expect(made.book.of(mine, 2)).toEqual({ state: 'read', devices: 2 })
  })

  test('outlives a restart; what records say is learned anew, what was told stays', () => {
    const made = world()
    made.book.tell(nameOf('bob'), mine, 4)
    said(made, 'ann 1', { heads: [{ log: MINE, length: 5 }] })
    const again = world()
    again.book.reset()
    again.book.load(made.book.save())
    expect(again.book.of(mine, 3)).toEqual({ state: 'delivered', devices: 2 })
    again.book.reset()
    write(again, MINE, HERE, 5)
    expect(again.book.of(mine, 3)).toEqual({ state: 'delivered', devices: 1 })
    said(again, 'ann 1', { heads: [{ log: MINE, length: 5 }] })
    expect(again.book.of(mine, 3)).toEqual({ state: 'delivered', devices: 2 })
    expect(() => again.book.load(Buffer.from([9, 9]))).toThrow('Malformed')
  })
})
