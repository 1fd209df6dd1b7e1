import type { MessageView, SendOptions } from '../../api.ts'
import { encode } from '../../codec/codec.ts'
import type { ControlLog } from '../../control/control-log.ts'
import type { RoomState } from '../../control/room-state.ts'
import { PorchlightError } from '../../errors.ts'
import type { Position } from '../../timeline/order.ts'
import type { Timeline } from '../../timeline/timeline.ts'
import type { ContentLog } from '../content-log.ts'
import type { Membership } from '../membership.ts'
import { messageId } from '../message-id.ts'
import { isGone } from '../message-reader.ts'
import type { MessageReader } from '../message-reader.ts'
import type { Written } from '../own-log.ts'
import { KIND_AVATAR, KIND_DELETE, KIND_EDIT, KIND_FILE, KIND_REACT, KIND_TEXT } from '../record.ts'
import { MAX_CHANGES } from './change-table.ts'
import {
  captionOf,
  checkAvatar,
  checkMayHide,
  checkMayModerate,
  checkMayWrite,
  checkReaction,
  checkText,
  checkTimer,
  sentOffer,
} from './checks.ts'
import { filePayload } from './file-payload.ts'
import type { FileOffer } from './file-payload.ts'
import { sentPoint } from './location.ts'
import { findMentions } from './mentions.ts'
import type { MessagePayload } from './message-payload.ts'
import type { Overlay } from './overlay.ts'
import { avatarPayload, deletePayload, editPayload, reactPayload, textPayload } from './payloads.ts'
import type { Target, TextPayload } from './payloads.ts'

/** What is said with a file. */
export interface FileMessageOptions {
  readonly text?: string | undefined
  readonly replyTo?: string | undefined
  readonly expiresIn?: number | undefined
}

export interface MessageWriterOptions {
  readonly control: Pick<ControlLog, 'state' | 'append'>
  readonly membership: Pick<Membership, 'checkIn' | 'members'>
  readonly timeline: Pick<Timeline, 'source'>
  readonly reader: MessageReader
  readonly overlay: Overlay
  /** This person's id (hex). */
  readonly self: string
  /** Resolves with the record's place once it is durable. */
  readonly append: (kind: number, payload: Buffer) => Promise<Written & { log: ContentLog }>
  /** Resolves once a record has its place, or after a little while. */
  readonly placed: (log: string, seq: number) => Promise<void>
}

/** Writes this person's messages and what changes messages, after a look at whether it may and can. */
export class MessageWriter {
  readonly #options: MessageWriterOptions

  constructor(options: MessageWriterOptions) {
    this.#options = options
  }

  /** Errors: `WAITING`, `NOT_ALLOWED`, `BAD_REQUEST`, `TOO_LARGE`, `NOT_FOUND` (the message replied to), `DISK_FULL`. */
  async send(text: string, options: SendOptions = {}): Promise<MessageView> {
    this.#checkMayWrite()
    const location = options.location ? sentPoint(options.location) : null
    // A place says enough by itself.
    if (!location || text.length > 0) checkText(text)
    const payload = { ...this.#said(text, options), location }
    return this.#written(await this.#write(KIND_TEXT, encode(textPayload, payload)), {
      ...payload,
      file: null,
    })
  }

  /** Errors: as for `send`, before anything is read of a file that is to be sent so. */
  checkFile(options: FileMessageOptions): void {
    this.#checkMayWrite()
    this.#said(captionOf(options.text ?? ''), options)
  }

  /** Offers an item to the room. Errors: as for `send`. */
  async sendFile(offer: FileOffer, options: FileMessageOptions = {}): Promise<MessageView> {
    this.#checkMayWrite()
    const said = this.#said(captionOf(options.text ?? ''), options)
    const payload = { ...said, file: sentOffer(offer) }
    return this.#written(await this.#write(KIND_FILE, encode(filePayload, payload)), {
      ...payload,
      location: null,
    })
  }

  /** Errors: `WAITING`, `NOT_FOUND`, `NOT_ALLOWED`, `BAD_REQUEST`, `TOO_LARGE`, `DISK_FULL`. */
  async edit(id: string, words: string): Promise<MessageView> {
    this.#checkMayWrite()
    const message = await this.#message(id)
    const text = message.kind === 'file' ? captionOf(words) : words
    if (message.kind !== 'file') checkText(text)
    if (!message.own) throw notYours('change')
    const edits = this.#options.overlay.of(id).filter(({ kind }) => kind === 'edit')
    if (edits.length >= MAX_CHANGES.edit) {
      throw new PorchlightError(
        'BAD_REQUEST',
        `This message was changed ${MAX_CHANGES.edit} times and stays as it is. Write a new one.`,
      )
    }
    const edit = { target: this.#target(id), text, mentions: this.#named(text) }
    const { sentAt } = await this.#write(KIND_EDIT, encode(editPayload, edit))
    // Its place may come a little later.
    return { ...(await this.#message(id)), text, editedAt: sentAt }
  }

  /** One's own is deleted; another's hidden for all, or shown again. Errors as for `edit`. */
  async remove(id: string, on: boolean): Promise<void> {
    const position = this.#options.reader.position(id)
    const target = { log: position.log.key, seq: position.seq }
    if (on && this.#isOwn(position)) {
      this.#checkMayWrite()
      const { deleted } = this.#options.reader.resolution(position, this.#source(position))
      if (!deleted) await this.#write(KIND_DELETE, encode(deletePayload, { target }))
      return
    }
    this.#options.membership.checkIn()
    checkMayHide(this.#state, this.#options.self, this.#source(position).person)
    if (this.#state.hidden.has(id) === on) return
    await this.#options.control.append({ type: 'hide', ...target, on: Number(on) })
    // What one of higher role hid stays so.
    if (!on && this.#state.hidden.has(id)) throw stillHidden()
  }

  /** Errors as for `edit`. */
  async react(id: string, emoji: string, on: boolean): Promise<MessageView> {
    this.#checkMayWrite()
    checkReaction(emoji)
    const message = await this.#message(id)
    const given = message.reactions?.some((reaction) => reaction.own && reaction.emoji === emoji)
    if ((given ?? false) === on) return message
    const reaction = { target: this.#target(id), emoji, on: Number(on) }
    await this.#write(KIND_REACT, encode(reactPayload, reaction))
    return this.#message(id)
  }

  /** Of more than 64 the one pinned first gives way. Errors: `WAITING`, `NOT_FOUND`, `NOT_ALLOWED`. */
  async pin(id: string, on: boolean): Promise<void> {
    this.#options.membership.checkIn()
    const target = this.#target(id)
    checkMayModerate(this.#state, this.#options.self, 'pin messages')
    const { pinned } = this.#state
    if (pinned.includes(id) === on) return
    if (on) await this.#message(id)
    await this.#options.control.append({ type: 'pin', ...target, on: Number(on) })
  }

  /** This person's picture for the members of this room; null for none. Errors: `WAITING`, `NOT_ALLOWED`, `BAD_REQUEST`, `TOO_LARGE`. */
  async setAvatar(image: Buffer | null): Promise<void> {
    if (image) checkAvatar(image)
    this.#checkMayWrite()
    await this.#write(KIND_AVATAR, encode(avatarPayload, { image: image ?? Buffer.alloc(0) }))
  }

  get #state(): RoomState {
    return this.#options.control.state
  }

  #checkMayWrite(): void {
    this.#options.membership.checkIn()
    checkMayWrite(this.#state, this.#options.self)
  }

  /** Appends a record and waits until pages can have it; behind a burst from others it may come a little later. */
  async #write(kind: number, payload: Buffer): Promise<Written & { log: ContentLog }> {
    const written = await this.#options.append(kind, payload)
    await this.#options.placed(written.log.hex, written.seq)
    return written
  }

  /** What every message has. Errors: `BAD_REQUEST`, `NOT_FOUND`. */
  #said(text: string, options: FileMessageOptions): Omit<TextPayload, 'location'> {
    const expiresIn = checkTimer(options.expiresIn, this.#state.settings.disappearAfter)
    const replyTo = options.replyTo === undefined ? null : this.#target(options.replyTo)
    return { text, replyTo, expiresIn, mentions: this.#named(text) }
  }

  async #written(
    { log, seq, sentAt }: Written & { log: ContentLog },
    payload: MessagePayload,
  ): Promise<MessageView> {
    const position = this.#options.reader.find(messageId(log.key, seq))
    const [view] = position ? await this.#options.reader.read([position]) : []
    return view ?? this.#options.reader.fresh(log, seq, sentAt, payload)
  }

  /** A message that shows something. Errors: `NOT_FOUND`. */
  async #message(id: string): Promise<MessageView> {
    const [view] = await this.#options.reader.read([this.#options.reader.position(id)])
    if (view && !isGone(view)) return view
    throw new PorchlightError(
      'NOT_FOUND',
      'This message is gone: it was deleted or hidden, or its time was over. Nothing was changed.',
    )
  }

  #target(id: string): Target {
    const { log, seq } = this.#options.reader.position(id)
    return { log: log.key, seq }
  }

  /** Ids of the persons that a text names. */
  #named(text: string): Buffer[] {
    if (!text.includes('@')) return []
    const found = findMentions(text, this.#options.membership.members())
    return found.map((id) => Buffer.from(id, 'hex'))
  }

  #isOwn(position: Position): boolean {
    return this.#source(position).person === this.#options.self
  }

  #source(position: Position): ContentLog {
    return this.#options.timeline.source(position.log.hex)!
  }
}

function stillHidden(): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    'An admin hid this message, so it stays hidden. Ask an admin of the room.',
  )
}

function notYours(what: string): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    `Only who wrote a message can ${what} it. Nothing was changed.`,
  )
}
