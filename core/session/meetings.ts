import type { Connection } from '../connection/connection.ts'
import { derive, hash } from '../crypto/hash.ts'
import type { Random } from '../random.ts'
import { KNOCK } from './meeting.ts'
import type { Meeting, MeetingEnd } from './meeting.ts'
import { TAG } from './messages.ts'
import { roomTag } from './room-tags.ts'

export interface MeetingsOptions {
  readonly connection: Connection
  readonly meetings: () => Iterable<Meeting>
  /** Words of a meeting, named by the initiator's tag. */
  readonly send: (tag: Buffer, data: Buffer) => void
  readonly random: Random
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
/** Knocks of a peer that are kept: it has one, or another after a pairing. */
const MAX_KNOCKS = 4

/** The meetings of one session: which of them both sides know, and the way between their two ends. */
export class Meetings {
  readonly #options: MeetingsOptions
  /** Open ones by the initiator's tag (hex). */
  readonly #open = new Map<string, Open>()
  /** The peer's, by their tags (hex): for meetings that begin later too. */
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

  /** Says once who we are to those who know us; everybody hears as much noise, so that it tells others nothing. */
  knock(): void {
    const { connection, meetings, send, random } = this.#options
    for (const meeting of meetings()) {
      const data = meeting.knock?.(connection)
      const tag = data && this.#knockTag(meeting, connection.initiator)
      if (!tag || this.#knocked.has(tag.toString('hex'))) continue
      this.#knocked.add(tag.toString('hex'))
      send(tag, this.#masked(meeting, connection.initiator, data))
    }
    if (this.#knocked.size > 0) return
    const noise = random.bytes(TAG)
    this.#knocked.add(noise.toString('hex'))
    send(noise, random.bytes(KNOCK))
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
    if (!open) return this.#keep(name, data)
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
    this.#hear(open)
  }

  #hear({ meeting, end }: Open): void {
    const theirs = !this.#options.connection.initiator
    const knock = this.#knocks.get(this.#knockTag(meeting, theirs).toString('hex'))
    if (knock) end.onknock?.(this.#masked(meeting, theirs, knock))
  }

  #keep(name: string, data: Buffer): void {
    if (data.byteLength !== KNOCK || this.#knocks.has(name)) return
    if (this.#knocks.size >= MAX_KNOCKS) return
    this.#knocks.set(name, Buffer.from(data))
    const initiator = !this.#options.connection.initiator
    for (const open of this.#open.values()) {
      if (this.#knockTag(open.meeting, initiator).toString('hex') === name) this.#hear(open)
    }
  }

  /** None of the tags that are shown, so that sending one back opens nothing. */
  #knockTag({ matchKey }: Meeting, initiator: boolean): Buffer {
    return roomTag(derive(matchKey, 'knock'), this.#options.connection.handshakeHash, initiator)
  }

  /** A pad for one knock: no other is made with it. */
  #masked({ matchKey }: Meeting, initiator: boolean, data: Buffer): Buffer {
    const { handshakeHash } = this.#options.connection
    const parts = [handshakeHash, Buffer.from([Number(initiator)])]
    const pad = hash(parts, { key: derive(matchKey, 'knock-mask'), size: KNOCK })
    return Buffer.from(data.map((byte, n) => byte ^ pad[n]!))
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
