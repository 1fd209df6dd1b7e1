import { expect, test } from '@jest/globals'
import { ApiFailure } from '../../web-ui/src/api/api-failure.ts'
import type { ApiClient } from '../../web-ui/src/api/client.ts'
import type { UploadRequest } from '../../web-ui/src/api/files-client.ts'
import type { UploadOptions } from '../../web-ui/src/api/upload.ts'
import type { FileView } from '../../web-ui/src/api/views.ts'
import { FilesStore } from '../../web-ui/src/state/files-store.ts'
import { UploadStore } from '../../web-ui/src/state/upload-store.ts'
import { until } from '../e2e/until.ts'

interface Put {
  readonly request: UploadRequest
  readonly options: UploadOptions
  readonly done: (view: Pick<FileView, 'messageId'>) => void
  readonly fail: (error: unknown) => void
}

/** A node that answers uploads when the test lets it. */
function node() {
  const puts: Put[] = []
  const upload = (_room: string, _body: Blob, request: UploadRequest, options: UploadOptions) =>
    new Promise((done, fail) => {
      options.signal.addEventListener('abort', () => fail(ApiFailure.noAnswer()))
      puts.push({ request, options, done, fail })
    })
  return { puts, api: { files: { upload } } as unknown as ApiClient }
}

const file = (name: string, size = 10): File => new File([Buffer.alloc(size)], name)

function setUp() {
  const { puts, api } = node()
  let answers = 0
  const store = new UploadStore({ api, room: 'r', onSent: () => (answers += 1) })
  const states = (): string[] => store.uploads.value.map(({ state }) => state)
  return { puts, store, states, answers: () => answers }
}

test('files go one after the other, what was said with the first', async () => {
  const { puts, store, states, answers } = setUp()
  store.choose([{ file: file('a.txt') }, { file: file('b.txt') }, { file: file('c.txt') }])
  store.unchoose(store.chosen.value[1]!.key)
  store.send({ text: 'look', replyTo: 'm', expiresIn: 5_000 })
  expect(store.chosen.value).toEqual([])
  expect(states()).toEqual(['sending', 'waiting'])
  expect(puts).toHaveLength(1)
  expect(puts[0]!.request).toMatchObject({ name: 'a.txt', text: 'look', replyTo: 'm' })
  puts[0]!.options.onProgress(4)
  expect(store.uploads.value[0]).toMatchObject({ sent: 4, state: 'sending' })
  puts[0]!.options.onProgress(10)
  expect(store.uploads.value[0]).toMatchObject({ sent: 10, state: 'finishing' })
  expect(store.underWay).toBe(true)
  puts[0]!.done({ messageId: 'm1' })
  await until(() => puts.length === 2, 'the next one goes')
  expect(answers()).toBe(1)
  expect(puts[1]!.request).toMatchObject({ name: 'c.txt', expiresIn: 5_000 })
  expect(puts[1]!.request.text).toBeUndefined()
  expect(puts[1]!.request.replyTo).toBeUndefined()
  puts[1]!.done({ messageId: 'm2' })
  await until(() => !store.underWay, 'both are there')
  store.settle(new Set(['m1']))
  expect(store.uploads.value.map(({ id }) => id)).toEqual(['m2'])
})

test('one that is cancelled is stopped and gone, and the next one goes', async () => {
  const { puts, store, states } = setUp()
  store.choose([{ file: file('a.txt') }, { file: file('b.txt') }])
  store.send({ text: '' })
  store.cancel(store.uploads.value[0]!.key)
  expect(puts[0]!.options.signal.aborted).toBe(true)
  await until(() => puts.length === 2, 'the next one goes')
  expect(states()).toEqual(['sending'])
  store.stop()
  expect(puts[1]!.options.signal.aborted).toBe(true)
  await until(() => !store.underWay, 'nothing is left')
  expect(states()).toEqual([])
})

test('a refusal is told and does not stop the next; it can be sent again', async () => {
  const { puts, store, states } = setUp()
  store.choose([{ file: file('a.txt') }, { file: file('b.txt') }])
  store.send({ text: 'x' })
  puts[0]!.fail(new ApiFailure('DISK_FULL', 'The disk is full: free some space.', 507))
  await until(() => puts.length === 2, 'the next one goes')
  expect(store.uploads.value[0]).toMatchObject({
    state: 'refused',
    reason: 'The disk is full: free some space.',
  })
  store.resend(store.uploads.value[0]!.key)
  expect(states()).toEqual(['waiting', 'sending'])
  puts[1]!.done({ messageId: 'm2' })
  await until(() => puts.length === 3, 'it is tried again')
  expect(puts[2]!.request).toMatchObject({ name: 'a.txt', text: 'x' })
})

test('silence is certain before all bytes were there, and not after', async () => {
  const { puts, store, states } = setUp()
  store.choose([{ file: file('a.txt') }, { file: file('b.txt') }])
  store.send({ text: '' })
  puts[0]!.options.onProgress(3)
  puts[0]!.fail(ApiFailure.noAnswer())
  await until(() => puts.length === 2, 'the next one goes')
  puts[1]!.options.onProgress(10)
  puts[1]!.fail(ApiFailure.noAnswer())
  await until(() => !store.underWay, 'both failed')
  expect(states()).toEqual(['refused', 'unknown'])
})

const view = (id: string, change: Partial<FileView> = {}): FileView => ({
  id,
  name: `${id}.txt`,
  size: 10,
  type: 'text/plain',
  state: 'remote',
  messageId: `m${id}`,
  author: 'a',
  authorName: 'Ben',
  own: false,
  sentAt: 0,
  have: 0,
  sources: 1,
  ...change,
})

test('events change what is shown of a file, and tell who cannot see that it is here', async () => {
  let listed = [view('a')]
  let lists = 0
  const list = async () => {
    lists += 1
    return listed
  }
  const store = new FilesStore({ files: { list } } as unknown as ApiClient, 'r')
  store.onFiles([view('a', { state: 'downloading', have: 5 })])
  expect(lists).toBe(0)
  expect(store.view('a').value).toMatchObject({ have: 5 })
  store.open()
  await until(() => store.ids.value?.length === 1, 'the list is here')
  listed = [view('a', { state: 'downloading' }), view('b')]
  store.onFiles([view('b')])
  await until(() => store.ids.value?.length === 2, 'a file that is new has its place')
  const preview = { data: 'data:image/png;base64,AAAA', width: 1, height: 1 }
  store.onFiles([view('a', { state: 'downloading', preview })])
  store.onFiles([view('a', { state: 'complete', have: 10 })])
  expect(store.view('a').value?.preview).toEqual(preview)
  expect(store.spoken.value).toBe('a.txt is here.')
  const before = lists
  store.onFiles([view('b', { have: 3 })])
  expect(store.view('b').value?.have).toBe(3)
  expect(lists).toBe(before)
})

test('one pass is asked for, however often a file is looked at; a failed one is asked for again', async () => {
  let asked = 0
  let fails = true
  const files = {
    pass: async () => {
      asked += 1
      if (fails) throw ApiFailure.noAnswer()
      return 'p'
    },
    address: (room: string, id: string, pass: string, content: object) =>
      JSON.stringify([room, id, pass, content]),
  }
  const store = new FilesStore({ files } as unknown as ApiClient, 'r')
  await expect(store.address('a')).rejects.toMatchObject({ code: 'NO_ANSWER' })
  fails = false
  expect(await store.address('a')).toBe('["r","a","p",{}]')
  expect(await store.address('a', { path: 'x', download: true })).toContain('"download":true')
  expect(asked).toBe(2)
})

test('A29: a picture too large to unpack, or that is none, is not shown', async () => {
  const png = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82]
  const heads: Record<string, readonly number[]> = {
    good: [...png, 0, 0, 1, 0, 0, 0, 1, 0],
    bomb: [...png, 0, 1, 0, 0, 0, 1, 0, 0],
    none: [...Buffer.from('<svg onload=1>')],
  }
  const files = {
    head: async (_room: string, id: string) => Uint8Array.from(heads[id]!),
    pass: async () => 'p',
    address: (_room: string, id: string) => `content/${id}`,
  }
  const store = new FilesStore({ files } as unknown as ApiClient, 'r')
  expect(await store.picture('good')).toBe('content/good')
  expect(await store.picture('bomb')).toBeNull()
  expect(await store.picture('none')).toBeNull()
})
