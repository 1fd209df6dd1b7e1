import { until } from '../compliance/until.ts'
import type { LabNode, Message } from './lab-node.ts'

const PATIENCE_MS = 180_000

/** What a node needs for it to be spoken by. */
export type Speaker = Pick<LabNode, 'name' | 'ask' | 'askLines'>

interface Room {
  readonly id: string
  readonly name: string
  readonly members: number
}

/** A room of a lab, everything that was written in it, and what its members must therefore show. */
export class Conversation {
  readonly room: string
  readonly invite: string
  readonly #written: string[] = []

  private constructor(room: string, invite: string) {
    this.room = room
    this.invite = invite
  }

  /** The host makes the room and an invite that lets anyone in. */
  static async begin(host: Speaker, name: string): Promise<Conversation> {
    const { id } = await host.ask<Room>('room', 'create', name)
    const { invite } = await host.ask<{ invite: string }>('invite', id)
    return new Conversation(id, invite)
  }

  /** Joins, and waits until it is a member; `members` is how many there are then. */
  async join(guest: Speaker, members: number): Promise<void> {
    await guest.ask('join', this.invite)
    await this.member(guest, members)
  }

  /** Joins with nobody in reach; throws when it was let in all the same. */
  async wait(guest: Speaker): Promise<void> {
    const { state } = await guest.ask<{ state: string }>('join', this.invite)
    if (state !== 'waiting') throw new Error(`join says ${state}, though nobody is in reach`)
  }

  /** Waits until it sees that many members of the room. */
  async member(guest: Speaker, members: number): Promise<void> {
    await until(
      `${guest.name} to see ${members} members`,
      async () => {
        const rooms = await guest.ask<Room[]>('room', 'list')
        return rooms.some((room) => room.id === this.room && room.members === members)
      },
      PATIENCE_MS,
    )
  }

  /** Writes a message and gives its text, made unique. */
  async write(author: Speaker, about: string): Promise<string> {
    const text = `${about}, ${this.#written.length + 1}`
    this.#written.push(text)
    await author.ask('send', this.room, text)
    return text
  }

  /** Writes several messages, one after another. */
  async writeMany(author: Speaker, about: string, count: number): Promise<string[]> {
    const texts: string[] = []
    while (texts.length < count) texts.push(await this.write(author, about))
    return texts
  }

  /** The same by the API, as a page would: for many. */
  async pour(author: LabNode, about: string, count: number): Promise<string[]> {
    const texts: string[] = []
    while (texts.length < count) {
      const text = `${about}, ${this.#written.length + 1}`
      this.#written.push(text)
      texts.push(text)
      await author.post(`/rooms/${this.room}/messages`, { text })
    }
    return texts
  }

  /** Something else than a message was put there, shown with this text. */
  told(text: string): void {
    this.#written.push(text)
  }

  /**
   * Milliseconds, for each of several messages, from its writing to its being shown by the other;
   * one is written after the other was shown.
   */
  async delays(author: LabNode, reader: LabNode, count: number): Promise<number[]> {
    const follower = reader.follow(this.room)
    const delays: number[] = []
    try {
      for (let i = 0; i < count; i++) {
        const text = await this.write(author, `${author.name} to ${reader.name}`)
        const shown = await follower.shown(text)
        const message = (await this.timeline(author)).find((candidate) => candidate.text === text)
        delays.push(shown - message!.sentAt)
      }
    } finally {
      await follower.stop()
    }
    return delays
  }

  /** Waits until all show everything that was written, each once, in one order; throws at a doubled line. */
  async sameTimeline(...readers: Speaker[]): Promise<void> {
    const wanted = [...this.#written].sort()
    await until(
      `the same ${wanted.length} messages on ${readers.map(({ name }) => name).join(', ')}`,
      async () => {
        const shown = await Promise.all(readers.map((reader) => this.timeline(reader)))
        return shown.every((messages, i) => complete(messages, wanted, readers[i]!.name))
          ? sameOrder(shown)
          : undefined
      },
      PATIENCE_MS,
    )
  }

  async timeline(reader: Speaker): Promise<Message[]> {
    return reader.askLines<Message>('messages', this.room, '--limit', '500')
  }
}

function complete(messages: readonly Message[], wanted: readonly string[], name: string): boolean {
  if (new Set(messages.map(({ id }) => id)).size !== messages.length) {
    throw new Error(`${name} shows a message twice`)
  }
  const shown = messages.map(({ text }) => text).sort()
  return shown.length === wanted.length && shown.every((text, i) => text === wanted[i])
}

function sameOrder(timelines: readonly (readonly Message[])[]): true {
  const orders = timelines.map((messages) => messages.map(({ id }) => id).join())
  if (new Set(orders).size !== 1) throw new Error('the messages are shown in different orders')
  return true
}
