import type { KeyPair } from 'hypercore'
import type { Timer } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import { REFUSED } from '../policy/refusals.ts'
import type { Refused } from '../policy/refusals.ts'
import type { LinkHost } from './link-host.ts'
import type { AnswerMessage, DepositMessage, ForgetMessage, MirrorSenders } from './messages.ts'
import { prove, proved } from './proofs.ts'
import type { Kept, SharedCopy, Visitor } from './shared-copy.ts'
import type { SharedMirror } from './shared-mirror.ts'
import type { TagBook } from './tag-book.ts'

/** How long an answer to a deposit is waited for: the node may have to write. */
const ANSWER_LIMIT = 30_000
const NOTHING = { until: 0, bytes: 0 }

interface Waiting {
  readonly key: Buffer
  readonly resolve: Set<(kept: Kept | null) => void>
}

/** What deposits need of the link over which they are made. */
export interface LinkDepositsOptions {
  readonly connection: Connection
  readonly host: LinkHost
  readonly tags: TagBook
  readonly send: () => MirrorSenders
  readonly visitor: () => Visitor
  /** Both ends have a mirror from now on, and what the other end is to it. */
  readonly begin: (
    shared: SharedCopy,
    tag: Buffer,
    theirs: 'room' | 'held' | null,
  ) => SharedMirror | null
  readonly tagged: (tag: Buffer) => SharedMirror | undefined
  readonly onkept: (mirror: SharedMirror) => void
}

/** Deposits over one link: those that this device makes at the other end, and those that it is asked to take. */
export class LinkDeposits {
  readonly #options: LinkDepositsOptions
  /** Those that were not answered yet, by the tag (hex). */
  readonly #waiting = new Map<string, Waiting>()

  constructor(options: LinkDepositsOptions) {
    this.#options = options
  }

  /** Asks the other end to hold a mirror; null when the link ends first, or there is no answer. */
  make(key: Buffer, depositor: KeyPair): Promise<Kept | null> {
    const { connection, host, tags, send } = this.#options
    const name = tags.name(key).toString('hex')
    const signature = prove('mirror-deposit', connection, depositor, key)
    send().deposit.send({ key, depositor: depositor.publicKey, signature })
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(name) ?? { key, resolve: new Set() }
      this.#waiting.set(name, waiting)
      const done = (kept: Kept | null): void => {
        timer.cancel()
        waiting.resolve.delete(done)
        if (waiting.resolve.size === 0) this.#waiting.delete(name)
        resolve(kept)
      }
      const timer: Timer = host.clock.after(ANSWER_LIMIT, () => done(null))
      waiting.resolve.add(done)
    })
  }

  /** Takes a deposit back. */
  withdraw(key: Buffer, depositor: KeyPair): void {
    const { connection, tags, send, tagged } = this.#options
    const signature = prove('mirror-forget', connection, depositor, key)
    const tag = tags.name(key)
    send().forget.send({ tag, depositor: depositor.publicKey, signature })
    const mirror = tagged(tag)
    if (mirror) mirror.kept = null
  }

  /** Says what becomes of a mirror that was deposited here, unless it was said. */
  answer(mirror: SharedMirror, refused: Refused | null): void {
    const { guard } = mirror.shared
    const kept = { refused, until: guard?.until ?? 0, bytes: guard?.bytes ?? 0 }
    const { said } = mirror
    const known = said?.refused === refused && said.bytes === kept.bytes
    if (known && said.until === kept.until) return
    mirror.said = kept
    this.say(mirror.tag, kept)
  }

  /** Says what becomes of a deposit. */
  say(tag: Buffer, { refused, until, bytes }: Kept): void {
    const { connection, send } = this.#options
    const reason = refused === null ? 0 : 1 + REFUSED.indexOf(refused)
    if (!connection.closed) send().answer.send({ tag, refused: reason, until, bytes })
  }

  async ondeposit({ key, depositor, signature }: DepositMessage): Promise<void> {
    const { connection, host, tags, visitor, begin, tagged } = this.#options
    const tag = tags.name(key)
    const keeper = host.keeper()
    if (host.shared(key)?.kind === 'room') return this.say(tag, { refused: 'member', ...NOTHING })
    if (!keeper) return this.say(tag, { refused: 'closed', ...NOTHING })
    if (!proved('mirror-deposit', connection, signature, depositor, key)) {
      return this.say(tag, { refused: 'false', ...NOTHING })
    }
    const kept = await keeper.deposit({ ...visitor(), key, depositor })
    if (kept.refused !== null || connection.closed) return this.say(tag, kept)
    const shared = host.shared(key)
    // More keys than can be matched in a session: nothing would ever be asked for.
    if (!shared) return this.say(tag, { refused: 'crowded', ...NOTHING })
    // Said before what is here of it: the other end has to know whom that is from.
    this.say(tag, kept)
    const known = tagged(tag)?.theirs ?? null
    const mirror = begin(shared, tag, known === null ? 'room' : null)
    if (!mirror) return this.say(tag, { refused: 'crowded', ...NOTHING })
    mirror.depositor = depositor
    mirror.said = kept
  }

  onanswer({ tag, refused, until, bytes }: AnswerMessage): void {
    const { host, begin, tagged, onkept } = this.#options
    const kept = { refused: refused === 0 ? null : REFUSED[refused - 1]!, until, bytes }
    const waiting = this.#waiting.get(tag.toString('hex'))
    const shared = waiting && host.shared(waiting.key)
    if (shared && kept.refused === null) begin(shared, tag, 'held')
    const mirror = tagged(tag)
    if (mirror) {
      // Before, it did not listen to what is to be kept.
      if (mirror.kept?.refused !== null) mirror.toldItems = null
      mirror.kept = kept
    }
    for (const resolve of waiting?.resolve ?? []) resolve(kept)
    if (mirror) onkept(mirror)
  }

  async onforget(mirror: SharedMirror, { depositor, signature }: ForgetMessage): Promise<void> {
    const { connection, host } = this.#options
    const { key } = mirror.shared
    // Held before this device became a member, it can be withdrawn as before.
    if (!proved('mirror-forget', connection, signature, depositor, key)) return
    if (mirror.depositor?.equals(depositor)) mirror.depositor = null
    await host.keeper()?.forget(mirror.id, depositor)
  }

  /** The link is over. */
  close(): void {
    for (const { resolve } of this.#waiting.values()) for (const done of resolve) done(null)
  }
}
