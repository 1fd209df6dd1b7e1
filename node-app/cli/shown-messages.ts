import type { MessageView } from '../api/schemas.ts'

const CROWDED = 50_000
const REMEMBERED = 10_000

/** Which messages a reader has seen since the place in the room's order where it began. */
export class ShownMessages {
  readonly remembered = REMEMBERED
  #ids = new Set<string>()
  /** The first message of this reader; none when the room was empty, so that all belongs to it. */
  #beginning: string | undefined

  beginAt(id: string | undefined): void {
    this.#beginning = id
  }

  /** False when it was there already. */
  add(id: string): boolean {
    const fresh = !this.#ids.has(id)
    this.#ids.add(id)
    return fresh
  }

  /** True when so many ids are kept that older ones should be forgotten. */
  get crowded(): boolean {
    return this.#ids.size > CROWDED
  }

  reachesBeginning(page: readonly MessageView[]): boolean {
    return this.#beginning !== undefined && page.some((message) => message.id === this.#beginning)
  }

  /** Those from the beginning on, of messages in the room's order. */
  sinceBeginning(messages: readonly MessageView[]): readonly MessageView[] {
    const at = messages.findIndex((message) => message.id === this.#beginning)
    return at === -1 ? messages : messages.slice(at)
  }

  /** Keeps these ids alone, which are the room's newest, in its order; the first is the beginning. */
  rememberOnly(ids: readonly string[]): void {
    this.#ids = new Set(ids)
    this.#beginning = ids[0]
  }
}
