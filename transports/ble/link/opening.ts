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

  /** `new`: a hello not heard before; `again`: the last one; `other`: no hello; `refused`: one of none that may be there. */
  judge(packet: Uint8Array): 'new' | 'again' | 'other' | 'refused' {
    const hello = decodeHello(packet)
    if (hello === null) return 'other'
    if (hello.role === this.#own.role) return 'refused'
    return this.#theirs?.session.equals(hello.session) ? 'again' : 'new'
  }

  /** Takes a hello that is `new`; false where that was one too many. */
  adopt(packet: Uint8Array): boolean {
    const hello = decodeHello(packet)
    if (hello === null || ++this.#hellos > HELLOS) return false
    this.#theirs = hello
    const { role, session } = this.#own
    const [central, peripheral] =
      role === 'central' ? [session, hello.session] : [hello.session, session]
    this.keys = {
      own: sessionKey(central, peripheral, role),
      theirs: sessionKey(central, peripheral, hello.role),
    }
    return true
  }

  /** Something came that is none of ours; false where that was one too many. */
  junk(): boolean {
    return ++this.#junk <= JUNK
  }
}
