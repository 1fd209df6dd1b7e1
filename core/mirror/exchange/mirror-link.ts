import type { KeyPair } from 'hypercore'
import type { Channel, Message } from 'protomux'
import type { Timer } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import type { Copy, LogHead, Span } from '../copy.ts'
import { addressBucket } from '../policy/address-bucket.ts'
import { REFUSED } from '../policy/refusals.ts'
import type { Refused } from '../policy/refusals.ts'
import { restAfter } from '../policy/rest.ts'
import { KINDS } from '../policy/roles.ts'
import type { Kind } from '../policy/roles.ts'
import type { LinkHost } from './link-host.ts'
import { MIRROR_PROTOCOL, mirrorMessages } from './messages.ts'
import type {
  AnswerMessage,
  DepositMessage,
  ForgetMessage,
  HeadsMessage,
  HelloMessage,
  ItemsMessage,
  MirrorSenders,
  NotesMessage,
  OpenMessage,
  ParcelsMessage,
  TagMessage,
  TagsMessage,
  WantMessage,
} from './messages.ts'
import { prove, proved } from './proofs.ts'
import { RangeClient } from './range-client.ts'
import { RangeServer } from './range-server.ts'
import type { Kept, RemoteNode, SharedCopy, Visitor } from './shared-copy.ts'
import { SharedMirror } from './shared-mirror.ts'
import { TagBook } from './tag-book.ts'
import { Teller } from './teller.ts'
import { WordBudget } from './word-budget.ts'

/** How long an answer to a deposit is waited for: the node may have to write. */
const ANSWER_LIMIT = 30_000
/** When a depositor that was refused is asked again what it has: there may be space by then. */
const ASK_AGAIN = 60_000
/** How often logs of which nothing was wanted are looked at again. */
const LOOK_AGAIN = 1_000
/** Words that it costs to make this device look at a whole mirror once more, or at what others may decide on. */
const DEAR: Readonly<Record<string, number>> = { ask: 16, notes: 4, items: 4 }
const KIND_AGAIN = 16
/** Keys that are looked up for the price of a word. */
const KEYS_PER_WORD = 64
/** Ranges that prove nothing, after which a peer is not talked to any more. */
const MAX_FALSE = 3
/** Mirrors that one peer may have opened in a session: its keys, and those that it deposits. */
const MAX_OPEN = 4096

/** What a session tells about itself. */
export interface MirrorLinkOptions {
  readonly connection: Connection
  /** True while the peer is a member of a room of this device. */
  readonly paired: () => boolean
}

interface Waiting {
  readonly key: Buffer
  readonly resolve: ((kept: Kept | null) => void)[]
}

/** What is exchanged of mirrors over one session. */
export class MirrorLink {
  readonly connection: Connection
  readonly client: RangeClient
  readonly #options: MirrorLinkOptions
  readonly #host: LinkHost
  readonly #channel: Channel
  readonly #send: MirrorSenders
  readonly #server: RangeServer
  readonly #teller: Teller
  readonly #tags: TagBook
  readonly #budget = new WordBudget()
  /** By the initiator's tag (hex). */
  readonly #mirrors = new Map<string, SharedMirror>()
  readonly #byId = new Map<string, SharedMirror>()
  readonly #byCopy = new Map<Copy, Set<SharedMirror>>()
  /** Those of which something can be asked for. */
  readonly #wanting = new Set<SharedMirror>()
  /** Those with something to do later. */
  readonly #due = new Map<SharedMirror, number>()
  /** Deposits that were not answered yet, by the tag (hex). */
  readonly #deposits = new Map<string, Waiting>()
  readonly #address: string
  #node: RemoteNode | null = null
  #nodeKey: Buffer | null = null
  #carries = 0
  /** Own keys up to this number were shown. */
  #shown = -1
  /** The peer showed tags that were not looked at yet. */
  #unmatched = false
  #falseRanges = 0
  #failures = 0
  #restsUntil = -Infinity
  #activeAt: number
  #told = ''
  /** Bytes that were asked for over this link and are not stored yet. */
  reserved = 0
  /** Logs that are being asked for over this link. */
  jobs = 0

  constructor(options: MirrorLinkOptions, host: LinkHost) {
    const { connection } = options
    this.#options = options
    this.#host = host
    this.connection = connection
    this.#address = addressBucket(connection.transport, connection.address)
    this.#activeAt = host.clock.monotonic()
    this.#tags = new TagBook(connection)
    const channel = connection.mux.createChannel({ protocol: MIRROR_PROTOCOL })
    if (!channel) throw new Error('a fresh connection has no channel for mirrors')
    this.#channel = channel
    this.#send = this.#declare()
    this.client = new RangeClient(connection, host.clock, (want) => this.#send.want.send(want))
    this.#server = new RangeServer({
      ...host,
      connection,
      send: this.#send,
      copy: (want) => this.#servable(want),
    })
    this.#teller = new Teller(connection, this.#send, host)
    channel.open()
    connection.on('tick', () => this.#tick())
    connection.once('close', () => this.#close())
    this.renew()
  }

  get transport(): string {
    return this.connection.transport
  }

  /** What the other end can not choose freely, as quotas count it. */
  get address(): string {
    return this.#address
  }

  get closed(): boolean {
    return this.connection.closed
  }

  /** True while the peer is a member of a room of this device. */
  get paired(): boolean {
    return this.#options.paired()
  }

  /** Who offers space at the other end, once it proved who it is. */
  get node(): RemoteNode | null {
    return this.#node
  }

  /** Bytes that the other end would carry for strangers. */
  get carries(): number {
    return this.#carries
  }

  /** True once something of mirrors is in common, or the other end is a node. */
  get known(): boolean {
    return this.#mirrors.size > 0 || this.#node !== null
  }

  /** True once both ends have a mirror in common. */
  get matching(): boolean {
    return this.#mirrors.size > 0
  }

  /** When something passed last (monotonic ms). */
  get activeAt(): number {
    return this.#activeAt
  }

  /** True when both ends have this mirror (hex id). */
  matched(id: string): boolean {
    return this.#byId.has(id)
  }

  /** What the other end is to a mirror, once it said so. */
  theirs(id: string): Kind | null {
    return this.#byId.get(id)?.theirs ?? null
  }

  /** What was deposited here over this link: mirrors (hex ids) and by whom. */
  *deposits(): Generator<{ readonly id: string; readonly depositor: Buffer }> {
    for (const { id, depositor } of this.#mirrors.values()) if (depositor) yield { id, depositor }
  }

  /** What the holder at the other end has, durably, of each log (hex) of a mirror. */
  stored(id: string): ReadonlyMap<string, readonly Span[]> {
    return this.#byId.get(id)?.has ?? new Map()
  }

  /** What the holder at the other end said of a mirror that was deposited there. */
  kept(id: string): Kept | null {
    return this.#byId.get(id)?.kept ?? null
  }

  /** False while nothing is asked of the other end: it failed lately, or lied. */
  get usable(): boolean {
    return !this.closed && this.#restsUntil <= this.#host.clock.monotonic()
  }

  /** Who the other end is, as far as a holder counts what it takes from it. */
  visitor(mirror?: SharedMirror): Visitor {
    return {
      depositor: mirror?.depositor ?? null,
      address: this.#address,
      paired: this.paired,
    }
  }

  /**
   * Asks the node at the other end to hold the mirror of a key, which has to be among `copies`; said again, it renews.
   * Resolves with what it said, refusals too; rejects never: a link that ends first gives `null`.
   */
  deposit(key: Buffer, options: { depositor: KeyPair }): Promise<Kept | null> {
    if (this.closed || !this.#node) return Promise.resolve(null)
    const { depositor } = options
    const name = this.#tags.name(key).toString('hex')
    const signature = prove('mirror-deposit', this.connection, depositor, key)
    this.#send.deposit.send({ key, depositor: depositor.publicKey, signature })
    return new Promise((resolve) => {
      const waiting = this.#deposits.get(name) ?? { key, resolve: [] }
      this.#deposits.set(name, waiting)
      const timer: Timer = this.#host.clock.after(ANSWER_LIMIT, () => resolve(null))
      waiting.resolve.push((kept) => {
        timer.cancel()
        resolve(kept)
      })
    })
  }

  /** Withdraws a deposit: the node deletes all of it once the last depositor did. */
  forget(key: Buffer, options: { depositor: KeyPair }): void {
    if (this.closed) return
    const { depositor } = options
    const signature = prove('mirror-forget', this.connection, depositor, key)
    const tag = this.#tags.name(key)
    this.#send.forget.send({ tag, depositor: depositor.publicKey, signature })
    const mirror = this.#mirrors.get(tag.toString('hex'))
    if (mirror) mirror.kept = null
  }

  /** Offers to have something carried; the other end takes it by wanting it. */
  offer(parcels: ParcelsMessage): void {
    const shared = this.#host.shared(parcels.key)
    if (this.closed || !shared) return
    this.#begin(shared, this.#tags.name(parcels.key), null)
    this.#send.parcels.send(parcels)
  }

  /** Who the peer is may have changed: more is offered to members. */
  update(): void {
    if (!this.closed) this.#hello()
  }

  /** Copies or keys came or went, or what this device offers changed. */
  renew(): void {
    if (this.closed) return
    this.#hello()
    this.#show()
    for (const mirror of this.#mirrors.values()) {
      const shared = this.#host.shared(mirror.shared.key)
      if (!shared) this.#end(mirror)
      else if (shared.copy === mirror.shared.copy) mirror.shared = shared
      else {
        this.#end(mirror)
        this.#begin(shared, mirror.tag, mirror.theirs)
      }
    }
  }

  /** What is here of a mirror may have changed: it is told, and what nobody wanted may be wanted now. */
  changed(copy: Copy): void {
    for (const mirror of this.#byCopy.get(copy) ?? []) {
      this.#tell(mirror)
      this.#reconsiderSoon(mirror)
    }
  }

  /** A holder's copy takes no more from the other end. */
  refuse(mirror: SharedMirror, refused: Refused): void {
    mirror.drop()
    mirror.missed = true
    mirror.refusing = refused
    this.#due.set(mirror, this.#host.clock.monotonic() + ASK_AGAIN)
    if (mirror.shared.guard) this.#answer(mirror, refused)
  }

  /** Takes what was offered to be carried: the copy it goes to is among `copies` by now. */
  take({ key, logs }: ParcelsMessage): void {
    const shared = this.#host.shared(key)
    const mirror = shared && this.#begin(shared, this.#tags.name(key), null)
    if (!mirror) return
    for (const head of logs) this.#note(mirror, head)
    this.#host.fetch()
  }

  /** Mirrors of which something can be asked for. */
  *wanting(): Generator<SharedMirror> {
    for (const mirror of this.#wanting) {
      if (mirror.pending.size > 0) yield mirror
      else this.#wanting.delete(mirror)
    }
  }

  /** All that was wanted of a mirror is here, for now. */
  settled(mirror: SharedMirror): void {
    this.#activeAt = this.#host.clock.monotonic()
    if (mirror.depositor && mirror.shared.guard) {
      this.#answer(mirror, mirror.refusing)
      this.#hello()
    }
    if (mirror.missed && !this.#due.has(mirror)) this.#due.set(mirror, -Infinity)
  }

  /** It did not serve a log that it says it has. */
  failed(mirror: SharedMirror): void {
    this.#due.set(mirror, this.#due.get(mirror) ?? -Infinity)
    this.#failures++
    // A few gaps are a matter of chance; who serves nothing at all is asked less and less.
    if (this.#failures % 32 === 0) this.rest()
  }

  /** It is asked for nothing for a while. */
  rest(): void {
    const ms = restAfter(Math.ceil(this.#failures / 32))
    this.#restsUntil = this.#host.clock.monotonic() + ms
  }

  /** It sent what was asked for. */
  served(): void {
    this.#failures = 0
    this.#activeAt = this.#host.clock.monotonic()
  }

  /** It sent what no author signed. */
  distrust(mirror: SharedMirror): void {
    mirror.false = true
    mirror.drop()
    this.#host.logger.warn('mirror-false-range', { transport: this.transport })
    if (++this.#falseRanges >= MAX_FALSE) {
      this.connection.close('the peer sent what no author signed')
    }
  }

  #close(): void {
    this.#server.close()
    this.client.close()
    for (const mirror of this.#mirrors.values()) this.#host.onend(this, mirror)
    this.#mirrors.clear()
    this.#byId.clear()
    this.#byCopy.clear()
    this.#wanting.clear()
    this.#due.clear()
    for (const { resolve } of this.#deposits.values()) for (const each of resolve) each(null)
    this.#deposits.clear()
    this.#host.onclose(this)
  }

  #hello(): void {
    const offer = this.#host.node()
    const carries = this.#host.carries()
    const free = offer?.free(this.visitor()) ?? 0
    const said = JSON.stringify([offer?.name, free, offer?.relayKey?.toString('hex'), carries])
    if (said === this.#told) return
    this.#told = said
    this.#send.hello.send({
      node: offer && {
        key: offer.keyPair.publicKey,
        signature: prove('mirror-node', this.connection, offer.keyPair),
        free,
        relay: offer.relayKey,
        name: offer.name,
      },
      carries,
    })
  }

  /** Shows the tags of keys that are new, and looks for those among what the peer showed. */
  #show(): void {
    const { keys, last } = this.#host.keysAfter(this.#shown)
    if (keys.length === 0 && this.#shown >= 0) return
    this.#shown = last
    const messages = this.#tags.show(
      keys.map(({ key }) => key),
      this.#host.random,
    )
    for (const message of messages) this.#send.tags.send(message)
    this.#match(keys)
  }

  #match(keys: readonly SharedCopy[]): void {
    for (const { one, tag } of this.#tags.matches(keys)) this.#begin(one, tag, null)
  }

  #begin(shared: SharedCopy, tag: Buffer, theirs: Kind | null): SharedMirror | null {
    const name = tag.toString('hex')
    let mirror = this.#mirrors.get(name)
    if (mirror) mirror.shared = shared
    else {
      if (this.#mirrors.size >= MAX_OPEN) return null
      mirror = new SharedMirror(shared, tag)
      this.#mirrors.set(name, mirror)
      this.#byId.set(mirror.id, mirror)
      const others = this.#byCopy.get(shared.copy) ?? new Set()
      this.#byCopy.set(shared.copy, others.add(mirror))
      this.#budget.widen()
      this.connection.acquaint()
      this.#send.open.send({ tag, kind: KINDS.indexOf(shared.kind) })
      this.#host.onmatched(this, mirror)
    }
    if (theirs !== null) this.#meet(mirror, theirs)
    return mirror
  }

  /** It is known what the other side is to a mirror. */
  #meet(mirror: SharedMirror, theirs: Kind): void {
    if (mirror.theirs === theirs) return
    mirror.theirs = theirs
    this.#tell(mirror)
    this.#host.onmet(this, mirror)
  }

  #tell(mirror: SharedMirror): void {
    void this.#teller.tell(mirror)
  }

  #end(mirror: SharedMirror): void {
    const name = mirror.tag.toString('hex')
    this.#mirrors.delete(name)
    this.#byId.delete(mirror.id)
    const others = this.#byCopy.get(mirror.shared.copy)
    if (others?.delete(mirror) && others.size === 0) this.#byCopy.delete(mirror.shared.copy)
    this.#due.delete(mirror)
    this.#wanting.delete(mirror)
    mirror.drop()
    if (mirror.depositor) this.#sayKept(mirror.tag, { refused: 'full', until: 0, bytes: 0 })
    if (!this.closed) this.#send.gone.send({ tag: mirror.tag })
    this.#host.onend(this, mirror)
  }

  #answer(mirror: SharedMirror, refused: Refused | null): void {
    const { guard } = mirror.shared
    const kept = { refused, until: guard?.until ?? 0, bytes: guard?.bytes ?? 0 }
    const { said } = mirror
    if (
      said &&
      said.refused === refused &&
      said.bytes === kept.bytes &&
      said.until === kept.until
    ) {
      return
    }
    mirror.said = kept
    this.#sayKept(mirror.tag, kept)
  }

  #sayKept(tag: Buffer, { refused, until, bytes }: Kept): void {
    const reason = refused === null ? 0 : 1 + REFUSED.indexOf(refused)
    if (!this.closed) this.#send.answer.send({ tag, refused: reason, until, bytes })
  }

  #servable({ tag, key }: WantMessage): SharedCopy['copy'] | null {
    const mirror = this.#mirrors.get(tag.toString('hex'))
    if (!mirror) return null
    this.#activeAt = this.#host.clock.monotonic()
    const { copy } = mirror.shared
    return mirror.flow.gives || this.#host.handsOver(this, mirror, key) ? copy : null
  }

  #tick(): void {
    this.#budget.refill()
    if (this.#unmatched) this.#matchAll()
    if (this.#due.size === 0) return
    const now = this.#host.clock.monotonic()
    let woken = false
    for (const [mirror, at] of this.#due) {
      if (mirror.wake(now)) {
        this.#wanting.add(mirror)
        woken = true
      }
      if (mirror.again) this.#reconsiderSoon(mirror)
      if (mirror.again || !mirror.settled || at > now) continue
      this.#due.delete(mirror)
      if (!mirror.missed) continue
      mirror.missed = false
      this.#send.ask.send({ tag: mirror.tag })
    }
    if (woken) this.#host.fetch()
  }

  #onhello({ node, carries }: HelloMessage): void {
    if (node && !proved('mirror-node', this.connection, node.signature, node.key)) {
      return this.connection.close('the peer is not the node that it says')
    }
    // A node stays who it was: what was deposited over this link is with that one.
    if (node && this.#nodeKey?.equals(node.key) === false) {
      return this.connection.close('the peer says that it is another node')
    }
    if (node) this.#nodeKey = node.key
    this.#node = node && { key: node.key, name: node.name, free: node.free, relay: node.relay }
    this.#carries = carries
    this.#host.onnode(this)
  }

  #ontags(message: TagsMessage): void {
    if (this.#tags.add(message)) this.#matchAll()
  }

  /** Looks for all keys, at once or when the peer said less: to look for thousands takes its time. */
  #matchAll(): void {
    const { keys } = this.#host.keysAfter(0)
    const words = keys.length / KEYS_PER_WORD
    this.#unmatched = !this.paired && !this.#budget.affords(words)
    if (this.#unmatched) return
    this.#budget.spend(0, words)
    this.#match(keys)
  }

  #onopen(mirror: SharedMirror, { kind }: OpenMessage): void {
    if (mirror.theirs !== null) this.#check(this.#budget.spend(0, KIND_AGAIN))
    if (!this.closed) this.#meet(mirror, KINDS[kind]!)
  }

  #ongone(mirror: SharedMirror): void {
    mirror.theirs = null
    mirror.has.clear()
    mirror.told.clear()
    mirror.drop()
    if (mirror.kept && mirror.kept.refused === null) mirror.kept = null
    this.#host.onstored(this, mirror, [])
  }

  async #ondeposit({ key, depositor, signature }: DepositMessage): Promise<void> {
    const tag = this.#tags.name(key)
    const nothing = { until: 0, bytes: 0 }
    const keeper = this.#host.keeper()
    if (this.#host.shared(key)?.kind === 'room') {
      return this.#sayKept(tag, { refused: 'member', ...nothing })
    }
    if (!keeper) return this.#sayKept(tag, { refused: 'closed', ...nothing })
    if (!proved('mirror-deposit', this.connection, signature, depositor, key)) {
      return this.#sayKept(tag, { refused: 'false', ...nothing })
    }
    const kept = await keeper.deposit({ ...this.visitor(), key, depositor })
    const shared = this.#host.shared(key)
    if (kept.refused !== null || !shared || this.closed) return this.#sayKept(tag, kept)
    const mirror = this.#begin(shared, tag, null)
    if (!mirror) return this.#sayKept(tag, { refused: 'crowded', ...nothing })
    mirror.depositor = depositor
    mirror.said = kept
    this.#sayKept(tag, kept)
    if (mirror.theirs === null) this.#meet(mirror, 'room')
  }

  #onanswer({ tag, refused, until, bytes }: AnswerMessage): void {
    const name = tag.toString('hex')
    const kept = { refused: refused === 0 ? null : REFUSED[refused - 1]!, until, bytes }
    const waiting = this.#deposits.get(name)
    const shared = waiting && this.#host.shared(waiting.key)
    if (shared && kept.refused === null) this.#begin(shared, tag, 'held')
    const mirror = this.#mirrors.get(name)
    if (mirror) mirror.kept = kept
    this.#deposits.delete(name)
    for (const resolve of waiting?.resolve ?? []) resolve(kept)
    if (mirror) this.#host.onkept(this, mirror)
  }

  #onheads(mirror: SharedMirror, { logs }: HeadsMessage): void {
    const { takes } = mirror.flow
    const keeps = mirror.shared.kind === 'room' && mirror.theirs === 'held'
    const names: string[] = []
    for (const head of logs) {
      const log = head.key.toString('hex')
      if (keeps) mirror.hold(log, head)
      if (takes) this.#note(mirror, head)
      names.push(log)
    }
    if (keeps) this.#host.onstored(this, mirror, names)
    if (takes) this.#host.fetch()
  }

  /** A room learns from its control log which logs are its own; a peer can name very many that are not. */
  #reconsiderSoon(mirror: SharedMirror): void {
    const now = this.#host.clock.monotonic()
    if (!mirror.hasAside) return
    mirror.again = now < mirror.lookedAt + LOOK_AGAIN
    if (mirror.again) return void this.#due.set(mirror, this.#due.get(mirror) ?? -Infinity)
    mirror.lookedAt = now
    void this.#host.guarded(() => this.#reconsider(mirror))
  }

  async #reconsider(mirror: SharedMirror): Promise<void> {
    const here = new Map<string, number>()
    for (const { key, spans } of await mirror.shared.copy.heads()) {
      here.set(key.toString('hex'), spans.at(-1)?.to ?? 0)
    }
    if (this.closed || !mirror.reconsider(here)) return
    this.#wanting.add(mirror)
    this.#host.fetch()
  }

  #note(mirror: SharedMirror, head: LogHead): void {
    if (mirror.false) return
    mirror.note(head.key.toString('hex'), head)
    this.#wanting.add(mirror)
    if (mirror.missed) this.#due.set(mirror, this.#due.get(mirror) ?? -Infinity)
  }

  #onask(mirror: SharedMirror): void {
    mirror.told.clear()
    this.#tell(mirror)
  }

  #onwant(want: WantMessage): void {
    if (!this.#server.want(want)) this.connection.close('the peer asked for too much at once')
  }

  #onnotes(mirror: SharedMirror, { statements }: NotesMessage): void {
    if (!mirror.flow.takes) return
    for (const statement of statements) mirror.noted(statement)
    const { guard, copy } = mirror.shared
    void this.#host.guarded(() => (guard ?? copy).note(statements))
  }

  #onitems(mirror: SharedMirror, { list }: ItemsMessage): void {
    if (mirror.depositor) mirror.shared.guard?.items(list, this.visitor(mirror))
  }

  async #onforget(mirror: SharedMirror, { depositor, signature }: ForgetMessage): Promise<void> {
    const { key, guard } = mirror.shared
    if (!guard || !proved('mirror-forget', this.connection, signature, depositor, key)) return
    if (mirror.depositor?.equals(depositor)) mirror.depositor = null
    await this.#host.keeper()?.forget(mirror.id, depositor)
  }

  #check(within: boolean): void {
    if (!within && !this.paired) this.connection.close('the peer said too much of mirrors')
  }

  /** Declares the messages in their order; each handler is bounded by its codec and cannot throw. */
  #declare(): MirrorSenders {
    const add = <T>(
      name: keyof typeof mirrorMessages,
      handle: (value: T) => void | Promise<void>,
    ): Message<T> =>
      this.#channel.addMessage<T>({
        encoding: mirrorMessages[name] as never,
        onmessage: (value) => {
          if (this.closed) return
          const { logs } = value as Partial<HeadsMessage>
          if (name === 'deposit' || name === 'forget') this.#check(this.#budget.deposit())
          // What was asked for is counted by its bytes.
          else if (name !== 'blocks' && name !== 'end') {
            this.#check(this.#budget.spend(logs?.length, DEAR[name]))
          }
          // Not handed back: what is said meanwhile would be held back until it is done.
          if (!this.closed) void this.#host.guarded(() => handle(value))
        },
      })
    const shared = <T extends TagMessage>(
      handle: (mirror: SharedMirror, value: T) => void | Promise<void>,
    ) => {
      return (value: T): void | Promise<void> => {
        const mirror = this.#mirrors.get(value.tag.toString('hex'))
        if (mirror) return handle(mirror, value)
      }
    }
    const asked = (known: boolean): void => {
      if (!known) this.connection.close('the peer sent what nobody asked for')
    }
    return {
      hello: add('hello', (m: HelloMessage) => this.#onhello(m)),
      tags: add('tags', (m: TagsMessage) => this.#ontags(m)),
      open: add(
        'open',
        shared((mirror, m: OpenMessage) => this.#onopen(mirror, m)),
      ),
      gone: add(
        'gone',
        shared((mirror) => this.#ongone(mirror)),
      ),
      deposit: add('deposit', (m: DepositMessage) => this.#ondeposit(m)),
      answer: add('answer', (m: AnswerMessage) => this.#onanswer(m)),
      heads: add(
        'heads',
        shared((mirror, m: HeadsMessage) => this.#onheads(mirror, m)),
      ),
      ask: add(
        'ask',
        shared((mirror) => this.#onask(mirror)),
      ),
      want: add('want', (m: WantMessage) => this.#onwant(m)),
      blocks: add('blocks', (m) => asked(this.client.onblocks(m))),
      end: add('end', (m) => asked(this.client.onend(m))),
      notes: add(
        'notes',
        shared((mirror, m: NotesMessage) => this.#onnotes(mirror, m)),
      ),
      items: add(
        'items',
        shared((mirror, m: ItemsMessage) => this.#onitems(mirror, m)),
      ),
      forget: add(
        'forget',
        shared((mirror, m: ForgetMessage) => this.#onforget(mirror, m)),
      ),
      parcels: add('parcels', (m: ParcelsMessage) => this.#host.onparcels(this, m)),
    } as MirrorSenders
  }
}
