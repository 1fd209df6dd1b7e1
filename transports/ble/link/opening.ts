import { decodeHello, encodeHello, sessionKey } from './packet.ts'
import type { Hello, Role } from './packet.ts'

/** Packets that are none of ours, and hellos of ever other sessions, before a link ends. */
const JUNK = 128
const HELLOS = 16

export interface Keys {
  /** For what this end sends. */
  readonly own: number
  readonly theirs: number
}

/**
 * The exchange of hellos. Packets of an older link between the two may still come at its beginning, hellos of theirs too:
 * the last hello counts until a packet comes that is sealed with both, after which no other one is valid.
 */
export class Opening {
  readonly #own: Hello
  #theirs: Hello | null = null
  #junk = 0
  #hellos = 0
  /** Null until their hello came. */
  keys: Keys | null = null

  constructor(role: Role, session: Buffer, window: number) {
    this.#own = { role, session, window }
  }

  get hello(): Buffer {
    return encodeHello(this.#own)
  }

  /** What their hello granted, in steps. */
  get window(): number {
    return this.#theirs?.window ?? 0
  }

  /** `new`: their hello, not seen before; `again`: one that was; `other`: no hello; `refused`: from no other end. */
  hear(packet: Uint8Array): 'new' | 'again' | 'other' | 'refused' {
    const hello = decodeHello(packet)
    if (hello === null) return 'other'
    if (hello.role === this.#own.role) return 'refused'
    if (this.#theirs?.session.equals(hello.session)) return 'again'
    if (++this.#hellos > HELLOS) return 'refused'
    this.#theirs = hello
    const { role, session } = this.#own
    const [central, peripheral] =
      role === 'central' ? [session, hello.session] : [hello.session, session]
    this.keys = {
      own: sessionKey(central, peripheral, role),
      theirs: sessionKey(central, peripheral, hello.role),
    }
    return 'new'
  }

  /** Something came that is none of ours; false where that was one too many. */
  junk(): boolean {
    return ++this.#junk <= JUNK
  }
}
