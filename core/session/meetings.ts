import type { Connection } from '../connection/connection.ts'
import type { Meeting, MeetingEnd } from './meeting.ts'
import { roomTag } from './room-tags.ts'

export interface MeetingsOptions {
  readonly connection: Connection
  readonly meetings: () => Iterable<Meeting>
  /** Words of a meeting, named by the initiator's tag. */
  readonly send: (tag: Buffer, data: Buffer) => void
  /** There is another tag to show. */
  readonly onmet: () => void
}

interface Open {
  readonly meeting: Meeting
  readonly end: MeetingEnd
  met: boolean
}

/** Words that a peer may say in one session's meetings: far more than any of them takes. */
const MAX_WORDS = 256
/** Meetings that are open in one session at most: no device asks for so many. */
const MAX_OPEN = 32
/** Knocks that are kept for meetings that begin later, and their bytes. */
const MAX_KNOCKS = 4
const MAX_KNOCK = 512

/** The meetings of one session: which of them both sides know, and the way between their two ends. */
export class Meetings {
  readonly #options: MeetingsOptions
  /** Open ones by the initiator's tag (hex). */
  readonly #open = new Map<string, Open>()
  /** The first word of the peer under a tag whose meeting was not open, or is a quiet one. */
  readonly #knocks = new Map<string, Buffer>()
  /** Tags under which we knocked (hex). */
  readonly #knocked = new Set<string>()
  /** The tags by which the peer would name each: a device may know thousands of persons. */
  readonly #theirs = new WeakMap<Meeting, string>()
  #words = 0

  constructor(options: MeetingsOptions) {
    this.#options = options
  }

  /** How many both sides are known to know. */
  get size(): number {
    return [...this.#open.values()].filter(({ meeting, met }) => met || !meeting.quiet).length
  }

  /** True once the peer proved that it is who one of them is for. */
  get met(): boolean {
    return [...this.#open.values()].some(({ met }) => met)
  }

  /** Tags to show: of those that are not quiet, and of those where the peer proved itself. */
  tags(): Buffer[] {
    const { connection, meetings } = this.#options
    const met = new Set([...this.#open.values()].flatMap((open) => (open.met ? open.meeting : [])))
    return [...meetings()]
      .filter((meeting) => !meeting.quiet || met.has(meeting))
      .slice(0, MAX_OPEN)
      .map((meeting) => roomTag(meeting.matchKey, connection.handshakeHash, connection.initiator))
  }

  /** Says what is to be said to everybody, once; the peer has our tags by then. */
  knock(): void {
    const { connection, meetings, send } = this.#options
    for (const meeting of meetings()) {
      const data = meeting.knock?.(connection)
      if (!data) continue
      const tag = this.#name(meeting)
      const name = tag.toString('hex')
      if (this.#knocked.has(name)) continue
      this.#knocked.add(name)
      send(tag, data)
    }
  }

  /** Looks for meetings among the peer's tags. */
  match(remoteTags: ReadonlySet<string>): void {
    const { meetings } = this.#options
    const known = new Set<Meeting>(meetings())
    for (const [name, { meeting, end }] of this.#open) {
      // Ended on this side or on the other; with another one under the same key it begins anew.
      if (known.has(meeting) && remoteTags.has(this.#theirTag(meeting))) continue
      this.#open.delete(name)
      end.onclose()
    }
    for (const meeting of known) {
      if (this.#open.size >= MAX_OPEN) return
      if (remoteTags.has(this.#theirTag(meeting))) this.#begin(meeting)
    }
  }

  onword(tag: Buffer, data: Buffer): void {
    const name = tag.toString('hex')
    const open = this.#open.get(name)
    if (!open || open.meeting.quiet) this.#keep(name, data)
    if (!open) return
    if (++this.#words > MAX_WORDS) {
      return this.#options.connection.close('the peer said too much in a meeting')
    }
    open.end.onmessage(data)
  }

  close(): void {
    for (const { end } of this.#open.values()) end.onclose()
    this.#open.clear()
  }

  #begin(meeting: Meeting): void {
    const { connection, send, onmet } = this.#options
    const { handshakeHash, initiator } = connection
    const tag = this.#name(meeting)
    const name = tag.toString('hex')
    if (this.#open.has(name)) return
    const end = meeting.open({
      handshakeHash,
      initiator,
      met: () => {
        if (open.met || this.#open.get(name) !== open) return
        open.met = true
        if (meeting.quiet) onmet()
      },
      send: (data) => {
        if (!connection.closed) send(tag, data)
      },
      reject: (reason) => connection.close(reason),
    })
    const open: Open = { meeting, end, met: false }
    this.#open.set(name, open)
    const knock = meeting.quiet && this.#knocks.get(name)
    if (knock) end.onmessage(knock)
  }

  #keep(name: string, data: Buffer): void {
    if (this.#knocks.has(name) || this.#knocks.size >= MAX_KNOCKS) return
    if (data.byteLength <= MAX_KNOCK) this.#knocks.set(name, Buffer.from(data))
  }

  #theirTag(meeting: Meeting): string {
    const { handshakeHash, initiator } = this.#options.connection
    const known = this.#theirs.get(meeting)
    if (known !== undefined) return known
    const tag = roomTag(meeting.matchKey, handshakeHash, !initiator).toString('hex')
    this.#theirs.set(meeting, tag)
    return tag
  }

  #name(meeting: Meeting): Buffer {
    return roomTag(meeting.matchKey, this.#options.connection.handshakeHash, true)
  }
}
