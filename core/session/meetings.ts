import type { Connection } from '../connection/connection.ts'
import type { Meeting, MeetingEnd } from './meeting.ts'
import { roomTag } from './room-tags.ts'

export interface MeetingsOptions {
  readonly connection: Connection
  readonly meetings: () => Iterable<Meeting>
  /** Words of a meeting, named by the initiator's tag. */
  readonly send: (tag: Buffer, data: Buffer) => void
}

/** Words that a peer may say in one session's meetings: far more than any of them takes. */
const MAX_WORDS = 256

/** The meetings of one session: which of them both sides know, and the way between their two ends. */
export class Meetings {
  readonly #options: MeetingsOptions
  /** Open ones by the initiator's tag (hex). */
  readonly #open = new Map<string, { meeting: Meeting; end: MeetingEnd }>()
  /** The tags by which the peer would name each: a device may know thousands of persons. */
  readonly #theirs = new WeakMap<Meeting, string>()
  #words = 0

  constructor(options: MeetingsOptions) {
    this.#options = options
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size
  }

  /** Tags to show: of those that are not quiet, and of those where the peer showed its own. */
  tags(): Buffer[] {
    const { connection, meetings } = this.#options
    const open = new Set([...this.#open.values()].map(({ meeting }) => meeting))
    return [...meetings()]
      .filter((meeting) => !meeting.quiet || open.has(meeting))
      .map((meeting) => roomTag(meeting.matchKey, connection.handshakeHash, connection.initiator))
  }

  /** Looks for meetings among the peer's tags; true when one was found that it can not know of yet. */
  match(remoteTags: ReadonlySet<string>): boolean {
    const { connection, meetings, send } = this.#options
    const { handshakeHash, initiator } = connection
    const known = new Set<Meeting>(meetings())
    let quietly = false
    for (const [name, { meeting, end }] of this.#open) {
      // Ended on this side or on the other; with another one under the same key it begins anew.
      if (known.has(meeting) && remoteTags.has(this.#theirTag(meeting))) continue
      this.#open.delete(name)
      end.onclose()
    }
    for (const meeting of known) {
      if (!remoteTags.has(this.#theirTag(meeting))) continue
      const tag = this.#name(meeting)
      const name = tag.toString('hex')
      if (this.#open.has(name)) continue
      quietly ||= meeting.quiet
      const end = meeting.open({
        handshakeHash,
        initiator,
        send: (data) => {
          if (!connection.closed) send(tag, data)
        },
        reject: (reason) => connection.close(reason),
      })
      this.#open.set(name, { meeting, end })
    }
    return quietly
  }

  onword(tag: Buffer, data: Buffer): void {
    const open = this.#open.get(tag.toString('hex'))
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
