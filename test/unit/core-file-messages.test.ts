import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ContentLog } from '../../core/room/content-log.ts'
import type { FileEntry } from '../../core/room/messages/file-book.ts'
import { MAX_PREVIEW } from '../../core/room/messages/file-payload.ts'
import { until } from '../compliance/until.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import {
  deleteOf,
  editOf,
  fileOf,
  headOf,
  idOf,
  offerOf,
  personOf,
  Talk,
  textOf,
} from './core-conversation.ts'
import { Logs } from './core-logs.ts'
import { png } from './core-message-pictures.ts'

const MINUTE = 60_000

let logs: Logs
let clock: VirtualClock
let ann: ContentLog
let bob: ContentLog
let cleo: ContentLog
const talks: Talk[] = []

beforeEach(async () => {
  logs = await Logs.open()
  clock = new VirtualClock()
  ann = await logs.author('ann', true, { person: personOf('ann') })
  bob = await logs.author('bob', false, { person: personOf('bob') })
  cleo = await logs.author('cleo', false, { person: personOf('cleo') })
})

afterEach(async () => {
  for (const talk of talks.splice(0)) await talk.close()
  await logs.close()
})

function talkOf(name: string): Talk {
  const talk = new Talk(logs, name, clock)
  talk.people({ ann: 'admin', bob: 'member', cleo: 'member' })
  talks.push(talk)
  return talk
}

function names(talk: Talk): string[] {
  return talk.conversation.files.list().map(({ item }) => item.name)
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: { code: string }) => error.code,
  )
}

describe('a message with a file', () => {
  test('is sent with what is said, and shown alike at both ends', async () => {
    const [here, there] = [talkOf('ann'), talkOf('bob')]
    here.add(ann)
    there.add(ann)
    const offer = offerOf('../map of town.PNG', {
      type: 'Image/PNG',
      preview: { image: png(8, 6), width: 4_000, height: 3_000 },
    })
    const root = offer.root.toString('hex')
    there.fileStates.set(root, 'downloading')
    const sent = await here.conversation.writer.sendFile(offer, { text: 'for @bob' })
    await there.settled(ann)
    const card = {
      id: root.slice(0, 32),
      name: 'map of town.PNG',
      size: 1_000,
      type: 'image/png',
      state: 'remote',
      preview: {
        data: `data:image/png;base64,${png(8, 6).toString('base64')}`,
        width: 4_000,
        height: 3_000,
      },
    }
    expect(sent).toMatchObject({ kind: 'file', text: 'for @bob', own: true })
    expect(sent.file).toEqual(card)
    const seen = await there.view(ann, 0)
    expect(seen).toMatchObject({ kind: 'file', text: 'for @bob', mentioned: true })
    expect(seen.file).toEqual({ ...card, state: 'downloading' })
    expect(there.conversation.unreadMentions(null)).toBe(1)
    const entry = there.conversation.files.get(root)!
    expect(entry).toMatchObject({
      root,
      id: card.id,
      messageId: sent.id,
      author: personOf('ann'),
      own: false,
      sentAt: sent.sentAt,
      expiresAt: null,
    })
    expect(entry.item).toMatchObject({ key: offer.key, size: 1_000, contents: 0 })
    expect(entry.item).not.toHaveProperty('preview')
    expect(await there.conversation.files.preview(entry)).toEqual(card.preview)
  })

  test('of a folder says how many files it has, and how large they are', async () => {
    const talk = talkOf('ann')
    talk.add(ann)
    const folder = offerOf('photos', { contents: 200, files: 12, type: 'text/html' })
    const { file } = await talk.conversation.writer.sendFile(folder)
    expect(file).toMatchObject({ files: 12, size: 800, type: 'inode/directory' })
    const pretender = await talk.conversation.writer.sendFile(
      offerOf('file', { type: 'inode/directory' }),
    )
    expect(pretender.file).toMatchObject({ type: 'application/octet-stream' })
    expect(pretender.file).not.toHaveProperty('files')
  })

  test('is refused like any other, and with words for its own parts', async () => {
    const talk = talkOf('ann')
    talk.add(ann)
    const { writer } = talk.conversation
    const offer = offerOf('a.txt')
    const picture = { image: png(8, 8), width: 8, height: 8 }
    const large = Buffer.concat([png(8, 8), Buffer.alloc(MAX_PREVIEW)])
    const tries = [
      writer.sendFile(offer, { expiresIn: 10 }),
      writer.sendFile(offer, { replyTo: idOf(bob, 3) }),
      writer.sendFile(offer, { text: 'x'.repeat(17_000) }),
      writer.sendFile({ ...offer, preview: { ...picture, image: large } }),
      writer.sendFile({ ...offer, preview: { ...picture, image: Buffer.from('<svg/>') } }),
      writer.sendFile({ ...offer, preview: { ...picture, width: 0 } }),
    ]
    expect(await Promise.all(tries.map(refusal))).toEqual([
      'BAD_REQUEST',
      'NOT_FOUND',
      'TOO_LARGE',
      'TOO_LARGE',
      'BAD_REQUEST',
      'BAD_REQUEST',
    ])
    expect(() => writer.checkFile({ expiresIn: 10 })).toThrow(/year/)
    talk.people({ ann: 'reader' })
    expect(await refusal(writer.sendFile(offer))).toBe('NOT_ALLOWED')
    expect(() => writer.checkFile({})).toThrow(/not write/)
    expect(ann.core.length).toBe(0)
  })

  test('its caption is edited, also away; a text stays what it was', async () => {
    const talk = talkOf('ann')
    talk.add(ann, bob)
    const { writer } = talk.conversation
    const { id } = await writer.sendFile(offerOf('a.txt'), { text: 'frist' })
    expect(await writer.edit(id, 'first')).toMatchObject({ kind: 'file', text: 'first' })
    expect(await writer.edit(id, ' ')).toMatchObject({ kind: 'file', text: '' })
    expect(await talk.view(ann, 0)).toMatchObject({ text: '', kind: 'file' })
    const said = await writer.send('hello')
    expect(await refusal(writer.edit(said.id, ''))).toBe('BAD_REQUEST')
    await logs.write(bob, textOf('a word'), editOf(bob, 0, ''))
    await talk.settled(bob)
    expect(await talk.view(bob, 0)).toMatchObject({ text: 'a word', kind: 'text' })
    expect(await talk.view(bob, 0)).not.toHaveProperty('editedAt')
  })

  test('is answered, reacted to and pinned', async () => {
    const talk = talkOf('ann')
    talk.add(ann, bob)
    await logs.write(bob, fileOf(offerOf('a.txt')))
    await talk.settled(bob)
    const { writer } = talk.conversation
    const id = idOf(bob, 0)
    const answer = await writer.sendFile(offerOf('b.txt'), { replyTo: id })
    expect(answer.replyTo).toBe(id)
    expect(await writer.react(id, '👍', true)).toMatchObject({
      kind: 'file',
      reactions: [{ emoji: '👍', count: 1, own: true }],
    })
    await writer.pin(id, true)
    expect(talk.operations).toMatchObject([{ type: 'pin', seq: 0, on: 1 }])
  })

  test('that is ill-formed is of an unknown kind', async () => {
    const talk = talkOf('ann')
    talk.add(bob)
    await logs.write(bob, { kind: 2, payload: Buffer.from('no file') })
    await talk.settled(bob)
    expect(await talk.view(bob, 0)).toMatchObject({ kind: 'unknown', text: '' })
    expect(names(talk)).toEqual([])
  })
})

describe('the list of a room’s files', () => {
  test('is in the room’s order, whatever the order of arrival', async () => {
    await logs.write(bob, fileOf(offerOf('1')), textOf('-'), fileOf(offerOf('2')))
    await logs.write(cleo, { ...fileOf(offerOf('3')), heads: [headOf(bob)] })
    await logs.write(bob, { ...fileOf(offerOf('4')), heads: [headOf(cleo)] })
    const [one, other] = [talkOf('ann'), talkOf('ann')]
    one.add(bob, cleo)
    await one.settled(bob, cleo)
    other.add(cleo)
    // Without Bob's it can not be placed for now.
    await until('it to be shown all the same', async () => {
      await clock.run(2_000)
      return names(other).length === 1
    })
    other.add(bob)
    await other.settled(bob, cleo)
    await until('both to be at rest', () => names(other).length === 4)
    expect(names(one)).toEqual(['1', '2', '3', '4'])
    expect(names(other)).toEqual(['1', '2', '3', '4'])
  })

  test('leaves out what is deleted, hidden, over, or of who is blocked, and tells of it', async () => {
    const talk = talkOf('ann')
    talk.add(ann, bob, cleo)
    const sentAt = clock.now()
    await logs.write(
      bob,
      fileOf(offerOf('deleted')),
      fileOf(offerOf('hidden')),
      { ...fileOf(offerOf('brief'), { expiresIn: MINUTE }), sentAt },
      fileOf(offerOf('stays')),
    )
    await logs.write(cleo, fileOf(offerOf('of cleo')))
    await talk.settled(bob, cleo)
    await until('all to be listed', () => names(talk).length === 5)
    const brief = talk.conversation.files.list().find(({ item }) => item.name === 'brief')
    expect(brief!.expiresAt).toBe(sentAt + MINUTE)

    const told = async (what: string, act: () => unknown, left: number): Promise<void> => {
      const before = talk.files
      await act()
      await until(what, () => names(talk).length === left)
      expect(talk.files).toBeGreaterThan(before)
    }
    await told('the deletion', () => logs.write(bob, deleteOf(bob, 0)), 4)
    const { writer } = talk.conversation
    await told('the hiding', () => writer.remove(idOf(bob, 1), true), 3)
    await told('the end', () => clock.run(MINUTE), 2)
    const block = (on: boolean) => (): void => {
      if (on) talk.hides.add(personOf('cleo'))
      else talk.hides.delete(personOf('cleo'))
      talk.conversation.onblocked()
    }
    await told('the block', block(true), 1)
    expect(names(talk)).toEqual(['stays'])
    await told('the block to be lifted', block(false), 2)
    await told('it to be shown again', () => writer.remove(idOf(bob, 1), false), 3)
    expect(names(talk).sort()).toEqual(['hidden', 'of cleo', 'stays'])
  })

  test('has what was sent again once, with the first message that is left', async () => {
    const talk = talkOf('ann')
    talk.add(bob, cleo)
    const offer = offerOf('a.txt')
    const root = offer.root.toString('hex')
    await logs.write(bob, fileOf(offer))
    await logs.write(cleo, {
      ...fileOf({ ...offer, name: 'b.txt', key: Buffer.alloc(32, 1) }),
      heads: [headOf(bob)],
    })
    await talk.settled(bob, cleo)
    const { files } = talk.conversation
    const sees = (entries: readonly FileEntry[]): string[] =>
      entries.map(({ messageId, item }) => `${messageId} ${item.name}`)
    expect(sees(files.list())).toEqual([`${idOf(bob, 0)} a.txt`])
    expect(sees(files.offers(root))).toEqual([`${idOf(bob, 0)} a.txt`, `${idOf(cleo, 0)} b.txt`])
    expect(sees([files.find(root.slice(0, 32))!])).toEqual(sees(files.list()))
    expect([files.find(root), files.find(root.slice(0, 8)), files.find('')]).toEqual(
      Array.from({ length: 3 }, () => null),
    )
    await logs.write(bob, deleteOf(bob, 0))
    await talk.settled(bob)
    expect(sees(files.list())).toEqual([`${idOf(cleo, 0)} b.txt`])
    await logs.write(cleo, deleteOf(cleo, 0))
    await talk.settled(cleo)
    expect([files.get(root), files.find(root.slice(0, 32))]).toEqual([null, null])
    expect(files.list()).toEqual([])
  })

  test('is partial while records are placed anew, and tells when it is whole', async () => {
    const talk = talkOf('ann')
    const { files } = talk.conversation
    expect(files.complete).toBe(false)
    talk.add(bob)
    await logs.write(bob, fileOf(offerOf('a')), fileOf(offerOf('b')))
    await talk.settled(bob)
    await until('it to be whole', () => files.complete)
    expect(names(talk)).toEqual(['a', 'b'])
    const before = talk.files
    talk.timeline.rebuild()
    expect([files.complete, names(talk)]).toEqual([false, []])
    await until('it to be whole again', () => files.complete)
    expect(names(talk)).toEqual(['a', 'b'])
    expect(talk.files).toBeGreaterThan(before)
    // A record that builds on what is not here keeps it from being whole, for a little while.
    await logs.write(bob, { ...fileOf(offerOf('c')), heads: [{ log: cleo.key, length: 1 }] })
    await until('it to wait', () => !files.complete && talk.timeline.waiting === 1)
    await until('it to be whole without it', async () => {
      await clock.run(2_000)
      return files.complete
    })
    expect(names(talk)).toEqual(['a', 'b', 'c'])
    const told = talk.files
    await logs.write(bob, textOf('a word'), editOf(bob, 3, 'another'), deleteOf(bob, 3))
    await talk.settled(bob)
    await until('it to be whole with all of it', () => files.complete)
    expect(talk.files).toBe(told)
  })

  test('comes back from a snapshot, without what is gone for good', async () => {
    const talk = talkOf('ann')
    talk.add(bob)
    const sentAt = clock.now()
    await logs.write(
      bob,
      { ...fileOf(offerOf('brief'), { expiresIn: MINUTE }), sentAt },
      fileOf(offerOf('gone')),
      deleteOf(bob, 1),
      fileOf(offerOf('stays')),
    )
    await talk.settled(bob)
    await clock.run(MINUTE)
    const parts = talk.conversation.consumers.map((part) => part.save())
    const book = talk.conversation.consumers.findIndex(({ name }) => name === 'files')
    expect(parts[book]!.includes(offerOf('stays').key)).toBe(true)
    for (const name of ['brief', 'gone']) {
      expect(parts[book]!.includes(offerOf(name).key)).toBe(false)
    }
    const again = talkOf('ann')
    again.conversation.consumers.forEach((part, i) => part.load(parts[i]!))
    again.add(bob)
    await again.settled(bob)
    expect(names(again)).toEqual(['stays'])
    const files = again.conversation.consumers[book]!
    for (const bad of [Buffer.from([1]), parts[book]!.subarray(1), Buffer.alloc(0)]) {
      expect(() => files.load(bad)).toThrow(/Malformed/)
    }
  })
})
