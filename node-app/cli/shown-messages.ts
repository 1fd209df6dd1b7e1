import type { MessageView } from '../api/schemas.ts'

const CROWDED = 50_000
const REMEMBERED = 10_000

/** Which messages a reader has seen since the place in the room's order where it began. */
export class ShownMessages {
  readonly remembered = REMEMBERED
  #ids = new Set<string>()
  /** The first message of this reader; none when the room was empty, so that all belongs to it. */
  #beginning: MessageView | undefined

  beginAt(message: MessageView | undefined): void {
    this.#beginning = message
  }

  /** False when it was there already. */
  add(id: string): boolean {
    const fresh = !this.#ids.has(id)
    this.#ids.add(id)
    return fresh
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** True when so many ids are kept that older ones should be forgotten. */
  get crowded(): boolean {
    return this.#ids.size > CROWDED
  }

  /**
   * True when a message that was not shown may be one from before the beginning, of which only
   * something changed: the room's order has to be asked.
   */
  doubts(message: MessageView): boolean {
    if (this.#beginning === undefined || this.#ids.has(message.id)) return false
    return message.sentAt < this.#beginning.sentAt || looksChanged(message)
  }

  reachesBeginning(page: readonly MessageView[]): boolean {
    const beginning = this.#beginning
    return beginning !== undefined && page.some((message) => message.id === beginning.id)
  }

  /** Those from the beginning on, of messages in the room's order. */
  sinceBeginning(messages: readonly MessageView[]): readonly MessageView[] {
    const at = messages.findIndex((message) => message.id === this.#beginning?.id)
    return at === -1 ? messages : messages.slice(at)
  }

  /** Keeps these alone, which are the room's newest, in its order; the first is the beginning. */
  rememberOnly(messages: readonly MessageView[]): void {
    this.#ids = new Set(messages.map((message) => message.id))
    this.#beginning = messages[0]
  }
}

function looksChanged({ kind, editedAt, pinned, reactions }: MessageView): boolean {
  const gone = kind === 'deleted' || kind === 'hidden' || kind === 'expired'
  return gone || editedAt !== undefined || pinned === true || reactions !== undefined
}
