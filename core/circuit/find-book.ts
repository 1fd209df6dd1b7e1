import { BoundedMap } from '../bounded-map.ts'

/** A find that came by or was sent from here, for as long as answers to it can come. */
export interface Noted<Link> {
  readonly id: string
  /** Where it came from first; null for one of ours. */
  readonly from: Link | null
  /** All by whom it may be opened: where it came from and was answered. */
  readonly heard: Set<Link>
  readonly at: number
  /** Those that it was passed on to, and how many answers each gave: nobody else can answer. */
  readonly sent: Map<Link, number>
  /** Answers (hex) and where each came from; null for our own. */
  readonly answers: Map<string, Link | null>
}

/** How long a find is answered. */
export const LIFE = 60_000
/** Finds of one link that are remembered, and of all: of both the oldest are forgotten first. */
const MAX_A_LINK = 256
const MAX_FINDS = 8_192
/** Answers to one find that are passed on, and of them by one link. */
const MAX_ANSWERS = 16
const MAX_BY_LINK = 4

/** Remembers finds: each is passed on once, and answers go back the way that it came. */
export class FindBook<Link extends object> {
  readonly #finds = new BoundedMap<string, Noted<Link>>(MAX_FINDS)
  readonly #byLink = new Map<Link | null, Set<string>>()

  get size(): number {
    return this.#finds.size
  }

  /** The find, while it is remembered. */
  get(id: string, now: number): Noted<Link> | undefined {
    const noted = this.#finds.get(id)
    return noted && now - noted.at < LIFE ? noted : undefined
  }

  /** Notes one that is not known. */
  note(id: string, from: Link | null, now: number): Noted<Link> {
    let ids = this.#byLink.get(from)
    if (!ids) this.#byLink.set(from, (ids = new Set()))
    const [oldest] = ids
    if (oldest !== undefined && ids.size >= MAX_A_LINK) {
      ids.delete(oldest)
      this.#drop(oldest, from)
    }
    ids.add(id)
    const noted: Noted<Link> = {
      id,
      from,
      heard: new Set(from && [from]),
      at: now,
      sent: new Map(),
      answers: new Map(),
    }
    this.#finds.set(id, noted)
    return noted
  }

  /** True for an answer that can be right and is new: from one who was asked, and none too many. */
  answered(noted: Noted<Link>, answer: string, by: Link): boolean {
    const given = noted.sent.get(by)
    if (given === undefined || given >= MAX_BY_LINK) return false
    // Of several ways back the first is passed on; to our own finds all are, as some may be no good.
    if (noted.from !== null && noted.answers.has(answer)) return false
    if (noted.answers.size >= MAX_ANSWERS) return false
    noted.sent.set(by, given + 1)
    noted.answers.set(answer, by)
    return true
  }

  /** A link ended: nothing goes back over it. */
  forget(link: Link): void {
    for (const id of this.#byLink.get(link) ?? []) this.#drop(id, link)
    this.#byLink.delete(link)
    for (const noted of this.#finds.values()) {
      noted.heard.delete(link)
      noted.sent.delete(link)
    }
  }

  #drop(id: string, from: Link | null): void {
    if (this.#finds.get(id)?.from === from) this.#finds.delete(id)
  }
}
