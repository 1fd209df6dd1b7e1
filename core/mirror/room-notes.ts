import { readJoin, readLog, recallLog } from '../control/statement.ts'
import { Job } from '../job.ts'
import type { Room } from '../room/room.ts'
import { MAX_NOTES } from './copy.ts'
import { noteKey, openNote, sealNote } from './sealed-note.ts'

/** Most bytes of a statement as it is sealed. */
const MAX_NOTE = 2048

/**
 * Statements by which devices ask to be let in, or name a further log, passed on by who can not read the room. A
 * member's device writes down what holds; what it can not judge yet it keeps for others, and looks at again.
 */
export class RoomNotes {
  readonly #room: Room
  readonly #key: Buffer
  #kept: Buffer[] = []
  readonly #judge = new Job(() => this.#look())

  constructor(room: Room) {
    this.#room = room
    const secret = Buffer.from(room.record.encryptionKey, 'hex')
    this.#key = noteKey(secret, room.control.key)
  }

  /** This device's own, while it waits, and those that wait here; sealed. */
  list(): readonly Buffer[] {
    return this.#statements()
      .map((statement) => sealNote(statement, this.#key))
      .filter(({ byteLength }) => byteLength <= MAX_NOTE)
      .slice(0, MAX_NOTES)
  }

  #statements(): Buffer[] {
    const { membership, statement } = this.#room
    const waits = membership.standing === 'waiting' && statement.byteLength > 0
    const own = [...(waits ? [statement] : []), ...this.#room.unwritten()]
    return [...own, ...this.#kept]
  }

  /** Takes some in, and resolves when they were looked at. */
  take(notes: readonly Buffer[]): Promise<void> {
    for (const note of notes.slice(0, MAX_NOTES)) {
      const statement = note.byteLength <= MAX_NOTE ? openNote(note, this.#key) : null
      if (!statement || this.#knows(statement) || this.#deviceOf(statement) === null) continue
      this.#kept.push(statement)
    }
    // The last came from whoever is there now.
    this.#kept = this.#kept.slice(-MAX_NOTES)
    return this.look()
  }

  /** Of those that were taken in, what a member has written down, or never will; of junk all. */
  over(notes: readonly Buffer[]): readonly Buffer[] {
    if (!this.#room.membership.joined) return []
    return notes.filter((note) => {
      const statement = note.byteLength <= MAX_NOTE ? openNote(note, this.#key) : null
      return !statement || !this.#knows(statement)
    })
  }

  /** Looks again at what waits, as the room changed. */
  look(): Promise<void> {
    return this.#judge.wake()
  }

  #knows(statement: Buffer): boolean {
    return this.#statements().some((each) => each.equals(statement))
  }

  async #look(): Promise<void> {
    if (!this.#room.membership.joined) return
    for (const statement of this.#kept) {
      if (await this.#isOver(statement)) {
        this.#kept = this.#kept.filter((each) => each !== statement)
      }
    }
  }

  async #isOver(statement: Buffer): Promise<boolean> {
    const device = this.#deviceOf(statement)
    if (device === null) return true
    const declared = recallLog(statement)
    if (declared) {
      await this.#room.writeDown(statement, device)
      const known = this.#room.control.state.devices.get(device)
      return known?.logs.includes(declared.log.toString('hex')) ?? false
    }
    const verdict = await this.#room.judge(device, statement)
    return verdict !== 'unknown' && verdict !== 'later'
  }

  /** The device (hex) that made a statement for this room; null for what is none. */
  #deviceOf(statement: Buffer): string | null {
    const value = readLog(statement) ?? readJoin(statement)
    return value?.room.equals(this.#room.control.key) ? value.device.toString('hex') : null
  }
}
