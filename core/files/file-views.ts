import type { MessageView } from '../api.ts'
import { fileCard } from '../room/messages/file-card.ts'
import type { FileEntry } from '../room/messages/file-book.ts'
import type { Room } from '../room/room.ts'
import type { FilePreview, FileReason, FileState, FileView } from './api.ts'
import { plainLength } from './descriptor.ts'
import type { Fetches } from './fetches.ts'
import { secondsLeft } from './policy/seconds-left.ts'
import type { StoredItem } from './store/stored-item.ts'
import type { Fetch } from './swarm/fetch.ts'
import type { Swarm } from './swarm/swarm.ts'
import { REASON_WORDS, SENDER_WORDS } from './words.ts'

/** How an item stands here: what a view says of it beside its message. */
export interface Standing {
  readonly state: FileState
  /** Verified bytes of its files that are here. */
  readonly have: number
  readonly reason?: FileReason
}

export interface FileViewsOptions {
  /** What is here of a room's item (its root in hex). */
  readonly item: (roomId: string, root: string) => StoredItem | null
  readonly swarm: Swarm
  readonly fetches: Fetches
}

/** Items of rooms as people see them. */
export class FileViews {
  readonly #options: FileViewsOptions

  constructor(options: FileViewsOptions) {
    this.#options = options
  }

  /** How an item (its root in hex) of a room stands here. */
  state(roomId: string, root: string): FileState {
    const { item, fetches } = this.#options
    return standingOf(item(roomId, root), fetches.get(root)).state
  }

  /** With its preview, which is read from its message. */
  async shown(room: Room, entry: FileEntry): Promise<FileView> {
    return this.view(room, entry, await room.conversation.files.preview(entry))
  }

  view(room: Room, entry: FileEntry, preview?: FilePreview | null): FileView {
    const { root, messageId, author, own, sentAt, expiresAt } = entry
    const { fetches, swarm } = this.#options
    const item = this.#options.item(room.id, root)
    const fetch = fetches.get(root)
    const { state, have, reason } = standingOf(item, fetch)
    const card = fileCard(entry.item, state, preview)
    const rate = fetch?.rate ?? 0
    const left = secondsLeft(card.size - have, rate)
    return {
      ...card,
      messageId,
      author,
      authorName: room.control.state.persons.get(author)?.name ?? '',
      own,
      sentAt,
      ...(expiresAt !== null && { expiresAt }),
      have,
      sources: fetch?.sources ?? swarm.sources(root),
      ...(reason && { reason, words: wordsFor(reason, item) }),
      ...(fetch && { rate }),
      ...(fetch && left !== null && { secondsLeft: left }),
      ...(item?.path && state === 'complete' && { path: item.path }),
    }
  }
}

/** What a person is told of a reason: who sent it can do something else than who gets it. */
function wordsFor(reason: FileReason, item: StoredItem | null): string {
  const own = item?.kind === 'shared' ? SENDER_WORDS[reason] : undefined
  return own ?? REASON_WORDS[reason]
}

/** An item whose message was just written and has no place in the room yet. */
export function freshView(message: MessageView, { path }: StoredItem): FileView {
  const { id, author, authorName, own, sentAt, expiresAt } = message
  const file = message.file!
  return {
    ...file,
    state: 'complete',
    messageId: id,
    author,
    authorName,
    own,
    sentAt,
    ...(expiresAt !== undefined && { expiresAt }),
    have: file.size,
    sources: 0,
    ...(path !== null && { path }),
  }
}

/** How an item stands, by what is here of it and whether it is being fetched. */
export function standingOf(item: StoredItem | null, fetch: Fetch | undefined): Standing {
  if (!item) return { state: 'remote', have: 0 }
  const have = haveBytes(item)
  if (item.problem) return { state: 'failed', have, reason: item.problem }
  if (item.complete) return { state: 'complete', have }
  if (item.meta.paused) return { state: 'paused', have }
  if (!fetch) return { state: 'remote', have }
  const { reason } = fetch
  // Whoever may come into reach still can have it; all else needs somebody to do something.
  const state = reason === null || reason === 'no-source' ? 'downloading' : 'failed'
  return { state, have, ...(reason && { reason }) }
}

/** Verified bytes of the files themselves, without a folder's table of contents. */
function haveBytes({ complete, descriptor, have, ref }: StoredItem): number {
  const contents = ref?.contents ?? 0
  if (complete) return descriptor.size - contents
  let bytes = have.count * descriptor.chunk
  const last = have.length - 1
  if (have.has(last)) bytes -= descriptor.chunk - plainLength(descriptor, last)
  return Math.max(0, bytes - contents)
}
