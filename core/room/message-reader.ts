import type { MessageView } from '../api.ts'
import type { FileCard, FileState } from '../files/api.ts'
import { tryDecode } from '../codec/codec.ts'
import type { ControlLog } from '../control/control-log.ts'
import { PorchlightError } from '../errors.ts'
import { HIDDEN } from '../timeline/log-index.ts'
import type { Position } from '../timeline/order.ts'
import type { Timeline } from '../timeline/timeline.ts'
import type { ContentLog } from './content-log.ts'
import type { Receipts } from './delivery/receipts.ts'
import { messageId, parseMessageId } from './message-id.ts'
import type { Change } from './messages/change-table.ts'
import type { ExpiryBook } from './messages/expiry-book.ts'
import { shownPoint } from './messages/location.ts'
import type { Overlay } from './messages/overlay.ts'
import { fileCard, shownPreview } from './messages/file-card.ts'
import type { FileOffer } from './messages/file-payload.ts'
import { messagePayload } from './messages/message-payload.ts'
import type { MessagePayload } from './messages/message-payload.ts'
import { editPayload } from './messages/payloads.ts'
import type { EditPayload } from './messages/payloads.ts'
import { resolve } from './messages/resolution.ts'
import type { Resolution } from './messages/resolution.ts'

/** A record as it was written, and the edit that holds. */
interface Written {
  readonly sentAt: number
  /** Null for a kind that this version does not know. */
  readonly payload: MessagePayload | null
  readonly edit: (EditPayload & { sentAt: number }) | null
}

export interface MessageReaderOptions {
  readonly control: Pick<ControlLog, 'state'>
  readonly timeline: Timeline
  readonly delivery: Pick<Receipts, 'of'>
  readonly overlay: Overlay
  readonly expiry: ExpiryBook
  /** This person's id (hex). */
  readonly self: string
  /** How far an item (the hex of its root) is here; absent, nothing ever is. */
  readonly fileState?: (root: string) => FileState
  /** A message was read of which nothing is left, and nothing will come back. */
  readonly ongone: (position: Position) => void
}

/** Turns places in a timeline into messages as people see them now, and message ids into places. */
export class MessageReader {
  readonly #options: MessageReaderOptions

  constructor(options: MessageReaderOptions) {
    this.#options = options
  }

  /** The messages at these places; one whose block is not here any more is left out. */
  async read(positions: readonly Position[]): Promise<MessageView[]> {
    const views = await Promise.all(positions.map((position) => this.#read(position)))
    return views.filter((view) => view !== null)
  }

  /** A message that was just written and has no place yet. */
  fresh(log: ContentLog, seq: number, sentAt: number, payload: MessagePayload): MessageView {
    return this.#view(log, seq, { sentAt, payload, edit: null }, resolve([], this.#facts(log)))
  }

  /** What its changes make of the message at a place. */
  resolution(position: Position, log: ContentLog): Resolution {
    const changes = this.#options.overlay.of(messageId(position.log.key, position.seq))
    return resolve(changes, this.#facts(log))
  }

  /** Why nothing of a message is shown; null while it is. */
  tombstone(
    log: ContentLog,
    seq: number,
    { deleted }: Resolution,
  ): 'deleted' | 'expired' | 'hidden' | null {
    if (deleted) return 'deleted'
    if (this.#options.expiry.isOver(log.hex, seq)) return 'expired'
    return this.#options.control.state.hidden.has(messageId(log.key, seq)) ? 'hidden' : null
  }

  /** Where a message stands; null when there is none of this id here. */
  find(id: string): Position | null {
    const parsed = parseMessageId(id)
    for (const log of parsed ? this.#options.timeline.logs : []) {
      if (log.hex.startsWith(parsed!.prefix) && parsed!.seq < log.length) {
        return { log, seq: parsed!.seq }
      }
    }
    return null
  }

  /** Errors: `NOT_FOUND`. */
  position(id: string): Position {
    const position = this.find(id)
    if (position) return position
    throw new PorchlightError('NOT_FOUND', `There is no message ${id.slice(0, 40)} in this room.`)
  }

  async #read(position: Position): Promise<MessageView | null> {
    const { timeline } = this.#options
    const { log, seq } = position
    const source = timeline.source(log.hex)
    // Records for devices, and what its author was not to write, are no messages whoever names them.
    if (!source || log.kind(seq) === HIDDEN) return null
    const body = await timeline.body(position)
    if (!body) return null
    const payload = messagePayload(body)
    let resolution = this.resolution(position, source)
    const last = resolution.edit && (await this.#edit(resolution.edit.position))
    // Only what carries a file may say nothing.
    const edit = last && (last.text || payload?.file) ? last : null
    // What came while the edit was read counts too.
    if (last) resolution = this.resolution(position, source)
    const { sentAt } = body
    const view = this.#view(source, seq, { sentAt, payload, edit }, resolution)
    if (isGone(view)) this.#forget(position)
    // What is hidden may be shown again.
    if (isGone(view) && view.kind !== 'hidden') this.#options.ongone(position)
    return view
  }

  /** Drops what memory holds of a message whose content is gone, each of its edits too. */
  #forget(position: Position): void {
    const { timeline, overlay } = this.#options
    timeline.forget(position)
    for (const { kind, log, seq } of overlay.of(messageId(position.log.key, position.seq))) {
      const index = timeline.index(log)
      if (kind === 'edit' && index) timeline.forget({ log: index, seq })
    }
  }

  async #edit(position: Position): Promise<Written['edit']> {
    const body = await this.#options.timeline.body(position)
    const edit = body && tryDecode(editPayload, body.payload)
    return edit && { ...edit, sentAt: body.sentAt }
  }

  #view(log: ContentLog, seq: number, written: Written, resolution: Resolution): MessageView {
    const { control, delivery, self } = this.#options
    const { sentAt, payload } = written
    const tombstone = this.tombstone(log, seq, resolution)
    return {
      id: messageId(log.key, seq),
      author: log.person,
      authorName: control.state.persons.get(log.person)?.name ?? '',
      own: log.person === self,
      text: '',
      kind: tombstone ?? 'unknown',
      sentAt,
      delivery: delivery.of(log, seq),
      ...(!tombstone && payload && this.#content(log, seq, { ...written, payload }, resolution)),
    }
  }

  /** What a message that is not gone shows beside who wrote it and when. */
  #content(
    log: ContentLog,
    seq: number,
    { sentAt, payload, edit }: Written & { payload: MessagePayload },
    { reactions }: Resolution,
  ): Partial<MessageView> {
    const { control, expiry, self } = this.#options
    const { replyTo, expiresIn, location, file } = payload
    const mentions = (edit ?? payload).mentions.map((person) => person.toString('hex'))
    return {
      text: (edit ?? payload).text,
      kind: file ? 'file' : location ? 'location' : 'text',
      ...(replyTo && { replyTo: messageId(replyTo.log, replyTo.seq) }),
      ...(edit && { editedAt: edit.sentAt }),
      ...(reactions.length > 0 && { reactions }),
      ...(expiresIn !== null && { expiresAt: expiry.at(log.hex, seq) ?? sentAt + expiresIn }),
      ...(mentions.length > 0 && { mentions }),
      ...(mentions.includes(self) && { mentioned: true }),
      ...(location && { location: shownPoint(location) }),
      ...(file && { file: this.#card(file) }),
      ...(control.state.pinned.includes(messageId(log.key, seq)) && { pinned: true }),
    }
  }

  #card(file: FileOffer): FileCard {
    const state = this.#options.fileState?.(file.root.toString('hex')) ?? 'remote'
    return fileCard(file, state, shownPreview(file.preview))
  }

  #facts(log: ContentLog): Parameters<typeof resolve>[1] {
    const { timeline, self } = this.#options
    return {
      author: log.person,
      self,
      place: (change: Change) => {
        const position = timeline.position(change)
        const source = timeline.source(change.log)
        if (!position || !source || timeline.hides(change.log)) return null
        return { person: source.person, position }
      },
    }
  }
}

/** True for what is left of a message that shows nothing any more. */
export function isGone({ kind }: MessageView): boolean {
  return kind === 'deleted' || kind === 'hidden' || kind === 'expired'
}
