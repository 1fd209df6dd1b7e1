import type { MemberView, MessageView, Role } from '../../core/api.ts'
import type { Clock } from '../../core/clock.ts'
import { encode } from '../../core/codec/codec.ts'
import type { Codec } from '../../core/codec/codec.ts'
import { EMPTY_ROOM } from '../../core/control/room-state.ts'
import type { RoomState } from '../../core/control/room-state.ts'
import type { Operation } from '../../core/control/operation.ts'
import { hash } from '../../core/crypto/hash.ts'
import type { FileState } from '../../core/files/api.ts'
import { MIN_CHUNK } from '../../core/files/descriptor.ts'
import { silentLogger } from '../../core/logger.ts'
import type { ContentLog } from '../../core/room/content-log.ts'
import { messageId } from '../../core/room/message-id.ts'
import { Conversation } from '../../core/room/messages/conversation.ts'
import { filePayload } from '../../core/room/messages/file-payload.ts'
import type { FileOffer, FilePayload } from '../../core/room/messages/file-payload.ts'
import {
  deletePayload,
  editPayload,
  plainText,
  reactPayload,
  textPayload,
} from '../../core/room/messages/payloads.ts'
import type { TextPayload } from '../../core/room/messages/payloads.ts'
import { KIND_DELETE, KIND_EDIT, KIND_FILE, KIND_REACT, KIND_TEXT } from '../../core/room/record.ts'
import type { Head } from '../../core/room/record.ts'
import { Timeline } from '../../core/timeline/timeline.ts'
import { until } from '../compliance/until.ts'
import { EPOCH_KEY } from './core-logs.ts'
import type { Logs, Written } from './core-logs.ts'
import { ROOM } from './core-people.ts'

/** The id of a person in these tests. */
export function personOf(name: string): string {
  return hash([Buffer.from(`person ${name}`)]).toString('hex')
}

/** A record that says or changes something, for `Logs.write`. */
function record<T>(kind: number, codec: Codec<T>, value: T): Written {
  return { kind, payload: encode(codec, value) }
}

export function textOf(words: string, change: Partial<TextPayload> = {}): Written {
  return record(KIND_TEXT, textPayload, { ...plainText(words), ...change })
}

/** What a person offers in these tests. */
export function offerOf(name: string, change: Partial<FileOffer> = {}): FileOffer {
  return {
    root: hash([Buffer.from(`root of ${name}`)]),
    size: 1_000,
    chunk: MIN_CHUNK,
    key: hash([Buffer.from(`key of ${name}`)]),
    contents: 0,
    files: 1,
    name,
    type: 'text/plain',
    preview: null,
    ...change,
  }
}

export function fileOf(file: FileOffer, change: Partial<FilePayload> = {}): Written {
  const said = { text: '', replyTo: null, expiresIn: null, mentions: [] }
  return record(KIND_FILE, filePayload, { ...said, file, ...change })
}

export function editOf(
  log: ContentLog,
  seq: number,
  text: string,
  mentions: string[] = [],
): Written {
  const persons = mentions.map((person) => Buffer.from(person, 'hex'))
  return record(KIND_EDIT, editPayload, { target: { log: log.key, seq }, text, mentions: persons })
}

export function deleteOf(log: ContentLog, seq: number): Written {
  return record(KIND_DELETE, deletePayload, { target: { log: log.key, seq } })
}

export function reactOf(log: ContentLog, seq: number, emoji: string, on = true): Written {
  return record(KIND_REACT, reactPayload, {
    target: { log: log.key, seq },
    emoji,
    on: Number(on),
  })
}

export function idOf(log: ContentLog, seq: number): string {
  return messageId(log.key, seq)
}

/** Everything a log holds so far, as a head. */
export function headOf(log: ContentLog): Head {
  return { log: log.key, length: log.core.length }
}

/** What one device makes of logs: a real timeline and conversation; the control log is played. */
export class Talk {
  readonly timeline: Timeline
  readonly conversation: Conversation
  readonly news: { messages: readonly MessageView[]; overflow: boolean }[] = []
  readonly operations: Operation[] = []
  readonly hides = new Set<string>()
  /** False while the others' entries outweigh this device's. */
  counts = true
  state: RoomState = EMPTY_ROOM
  readonly gone = new Set<string>()
  members = 0
  /** How often it was told that it can be asked now. */
  pictures = 0
  /** How often it was told of files. */
  files = 0
  readonly fileStates = new Map<string, FileState>()
  #own: ContentLog | null = null
  readonly #logs: Logs

  constructor(logs: Logs, self: string, clock: Clock) {
    this.#logs = logs
    this.timeline = new Timeline({
      room: ROOM,
      keyStatus: () => 'key',
      epochKey: () => EPOCH_KEY,
      limitOf: () => Infinity,
      onended: () => {},
      hides: (log) => this.hides.has(log.person),
      clock,
      logger: silentLogger,
      onplaced: (positions, reordered) => this.conversation.onplaced(positions, reordered),
      onrest: () => this.conversation.onrest(),
      onrecord: (placed) => {
        for (const consumer of this.conversation.consumers) consumer.take(placed)
      },
      onrebuild: () => {
        for (const consumer of this.conversation.consumers) consumer.reset()
      },
    })
    const state = (): RoomState => this.state
    this.conversation = new Conversation({
      control: {
        get state() {
          return state()
        },
        append: async (op) => this.#apply(op),
      },
      membership: { checkIn: () => {}, joined: true, members: () => this.#members() },
      timeline: this.timeline,
      delivery: { of: () => ({ state: 'saved', devices: 0 }) },
      clock,
      logger: silentLogger,
      self: personOf(self),
      append: (kind, payload) => this.#append(kind, payload, clock.now()),
      placed: async (log, seq) => {
        const placed = (): boolean => (this.timeline.index(log)?.length ?? 0) > seq
        await until('the record to be placed', placed)
      },
      ontimeline: (messages, overflow) => void this.news.push({ messages, overflow }),
      ongone: ({ log, seq }) => void this.gone.add(`${log.hex}/${seq}`),
      onmembers: () => void this.members++,
      onpictures: () => void this.pictures++,
      fileState: (root) => this.fileStates.get(root) ?? 'remote',
      onfiles: () => void this.files++,
    })
  }

  /** The people of the room. */
  people(roles: Record<string, Role>, change: Partial<RoomState> = {}): void {
    const persons = Object.entries(roles).map(([name, role], seniority) => {
      const never = { muted: false, banned: false, removed: false }
      const person = { name, role, ...never, seniority, recovery: '' }
      return [personOf(name), person] as const
    })
    this.state = { ...this.state, persons: new Map(persons), ...change }
    this.conversation.onstate()
  }

  /** Logs that this device takes in; the first of its own is written to. */
  add(...logs: ContentLog[]): void {
    for (const log of logs) {
      if (log.own) this.#own ??= log
      this.timeline.add(log, undefined)
    }
    this.timeline.begin()
  }

  /** Resolves once all that the logs hold is placed. */
  async settled(...logs: ContentLog[]): Promise<void> {
    const placed = ({ hex, core }: ContentLog): boolean =>
      (this.timeline.index(hex)?.length ?? 0) === core.length
    await until('all to be placed', () => logs.every(placed))
  }

  async views(): Promise<MessageView[]> {
    return this.conversation.reader.read(this.timeline.page(null, 1_000).positions)
  }

  async view(log: ContentLog, seq: number): Promise<MessageView> {
    const [view] = await this.conversation.reader.read([
      this.conversation.reader.position(idOf(log, seq)),
    ])
    return view!
  }

  /** What a page would show of the texts. */
  async texts(): Promise<string[]> {
    return (await this.views()).map(({ kind, text }) => (kind === 'text' ? text : `(${kind})`))
  }

  async close(): Promise<void> {
    await this.conversation.close()
    await this.timeline.close()
  }

  #apply(op: Operation): void {
    this.operations.push(op)
    if (op.type !== 'hide' || !this.counts) return
    const hidden = new Set(this.state.hidden)
    const id = messageId(op.log, op.seq)
    if (op.on === 1) hidden.add(id)
    else hidden.delete(id)
    this.state = { ...this.state, hidden }
    this.conversation.onstate()
  }

  #members(): MemberView[] {
    return [...this.state.persons].map(([id, { name, role }]) => ({
      id,
      name,
      role,
      self: false,
      muted: false,
      verified: false,
      blocked: false,
      confusable: false,
      devices: [],
    }))
  }

  async #append(
    kind: number,
    payload: Buffer,
    sentAt: number,
  ): Promise<{ log: ContentLog; seq: number; sentAt: number; size: number }> {
    const log = this.#own!
    const seq = log.core.length
    const heads = [...this.timeline.logs]
      .filter((index) => index.hex !== log.hex && index.length > 0)
      .map((index) => ({ log: index.key, length: index.length }))
    await this.#logs.write(log, { kind, payload, sentAt, heads })
    return { log, seq, sentAt, size: 0 }
  }
}
