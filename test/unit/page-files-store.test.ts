import { expect, test } from '@jest/globals'
import type { ApiClient } from '../../web-ui/src/api/client.ts'
import type { FileView } from '../../web-ui/src/api/views.ts'
import { FilesStore } from '../../web-ui/src/state/files-store.ts'
import { until } from '../e2e/until.ts'

const preview = { data: 'data:image/png;base64,', width: 1, height: 1 }

function view(state: FileView['state'], more: Partial<FileView> = {}): FileView {
  return { id: 'f', name: 'a.txt', size: 10, state, ...more } as FileView
}

/** A node that answers when the test lets it. */
function setUp() {
  const acts: ((file: FileView) => void)[] = []
  const lists: ((files: FileView[]) => void)[] = []
  const api = {
    files: {
      act: () => new Promise((resolve) => acts.push(resolve)),
      list: () => new Promise((resolve) => lists.push(resolve)),
    },
  } as unknown as ApiClient
  const store = new FilesStore(api, 'r')
  return { acts, lists, store, state: () => store.view('f').value?.state }
}

test('an answer to a press is shown', async () => {
  const { acts, store, state } = setUp()
  store.onFiles([view('remote')])
  const act = store.act('f', 'fetch')
  acts[0]!(view('downloading'))
  await act
  expect(state()).toBe('downloading')
})

test('an answer to a press that comes behind a newer event changes nothing but the preview', async () => {
  const { acts, store, state } = setUp()
  const act = store.act('f', 'fetch')
  store.onFiles([view('downloading')])
  store.onFiles([view('complete')])
  acts[0]!(view('downloading', { preview }))
  await act
  expect(state()).toBe('complete')
  expect(store.view('f').value?.preview).toEqual(preview)
  expect(store.spoken.value).toBe('a.txt is here.')
})

test('an event of another file keeps no answer back', async () => {
  const { acts, store, state } = setUp()
  const act = store.act('f', 'pause')
  store.onFiles([view('complete', { id: 'g' })])
  acts[0]!(view('paused'))
  await act
  expect(state()).toBe('paused')
})

test('of two answers the one that was asked for last stands', async () => {
  const { acts, store, state } = setUp()
  const both = [store.act('f', 'fetch'), store.act('f', 'pause')]
  acts[1]!(view('paused'))
  await both[1]
  acts[0]!(view('downloading'))
  await both[0]
  expect(state()).toBe('paused')
})

test('a list that was asked for before an event shows what the event said, and all other files', async () => {
  const { lists, store, state } = setUp()
  store.open()
  await until(() => lists.length === 1, 'the list to be asked for')
  store.onFiles([view('complete')])
  lists[0]!([view('downloading'), view('remote', { id: 'g' })])
  await until(() => store.ids.value !== null, 'the list')
  expect(store.ids.value).toEqual(['f', 'g'])
  expect(state()).toBe('complete')
  expect(store.view('g').value?.state).toBe('remote')
  // What is asked for later is newer.
  await until(() => lists.length === 2, 'the list to be asked for again')
  lists[1]!([view('remote')])
  await until(() => state() === 'remote', 'what the list says')
})
