import type { KeyPair } from 'hypercore'
import type { Channel } from 'protomux'
import type { Connection } from '../../connection/connection.ts'
import { BULK, OTHERS } from '../../connection/urgency.ts'
import type { Urgency } from '../../connection/urgency.ts'
import type { SharedRoom } from '../../files/swarm/file-link.ts'
import type { Copy, LogHead, Span } from '../copy.ts'
import type { Keeping } from '../items/keeping.ts'
import { LinkItems } from '../items/link-items.ts'
import { shortOf } from '../short-name.ts'
import { addressBucket } from '../../address-bucket.ts'
import type { Refused } from '../policy/refusals.ts'
import { KINDS } from '../policy/roles.ts'
import type { Kind } from '../policy/roles.ts'
import { isNamed } from '../range/prove.ts'
import { DueMirrors } from './due-mirrors.ts'
import { LinkDeposits } from './link-deposits.ts'
import type { LinkHost } from './link-host.ts'
import { LinkMemory } from './link-memory.ts'
import { declareWords } from './link-words.ts'
import { MIRROR_PROTOCOL, mirrorMessages } from './messages.ts'
import type {
  HeadsMessage,
  HelloMessage,
  MirrorSenders,
  NotesMessage,
  OpenMessage,
  OverMessage,
  ParcelsMessage,
  WantMessage,
} from './messages.ts'
import { MirrorSet } from './mirror-set.ts'
import { prove, proved } from './proofs.ts'
import { RangeClient } from './range-client.ts'
import { RangeServer } from './range-server.ts'
import { Reputation } from './reputation.ts'
import type { Kept, RemoteNode, SharedCopy, Visitor } from './shared-copy.ts'
import { SharedMirror } from './shared-mirror.ts'
import { TagBook } from './tag-book.ts'
import { Teller } from './teller.ts'
import { WordBudget } from './word-budget.ts'

/** When a depositor that was refused is asked again what it has: there may be space by then. */
const ASK_AGAIN = 60_000
/** Words that it costs to be something else to a mirror than before. */
const KIND_AGAIN = 16
/** Keys that are looked up for the price of a word. */
const KEYS_PER_WORD = 64
/** Mirrors that one peer may have opened in a session: its keys, and those that it deposits. */
const MAX_OPEN = 4096

/** Over a narrow link: what is said of mirrors stays in its order, and what they hold waits for all else. */
const URGENCIES: Readonly<Record<string, Urgency>> = {
  ...Object.fromEntries(Object.keys(mirrorMessages).map((name) => [name, OTHERS])),
  blocks: BULK,
  end: BULK,
}

/** What a session tells about itself. */
export interface MirrorLinkOptions {
  readonly connection: Connection
  /** True while the peer is a member of a room of this device. */
  readonly paired: () => boolean
  /** What is shared of files over this link, `rooms`, is something else. */
  readonly onrooms?: () => void
}

/** What is exchanged of mirrors over one session. */
export class MirrorLink {
  readonly connection: Connection
  readonly client: RangeClient
  readonly #options: MirrorLinkOptions
  readonly #host: LinkHost
  readonly #send: MirrorSenders
  readonly #server: RangeServer
  readonly #teller: Teller
  readonly #tags: TagBook
  readonly #budget: WordBudget
  readonly #memory: LinkMemory
  readonly #mirrors = new MirrorSet()
  readonly #due: DueMirrors
  readonly #reputation: Reputation
  readonly #deposits: LinkDeposits
  readonly #items: LinkItems
  readonly #address: string
  #node: RemoteNode | null = null
  #nodeKey: Buffer | null = null
  #carries = 0
  /** Own keys up to this number were shown. */
  #shown = -1
  /** The peer showed tags that were not looked at yet. */
  #unmatched = false
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
    this.#budget = new WordBudget(options.paired)
    this.#memory = new LinkMemory(host.remembered, this.#address, options.paired)
    this.#activeAt = host.clock.monotonic()
    this.#tags = new TagBook(connection)
    this.#reputation = new Reputation(host.clock)
    this.#due = new DueMirrors(host, this.#mirrors, ({ tag }) => this.#send.ask.send({ tag }))
    this.#deposits = this.#makeDeposits()
    this.#items = this.#makeItems()
    const channel = connection.mux.createChannel({ protocol: MIRROR_PROTOCOL })
    if (!channel) throw new Error('a fresh connection has no channel for mirrors')
    connection.rank(MIRROR_PROTOCOL, mirrorMessages, URGENCIES)
    this.#send = this.#declare(channel)
    this.client = new RangeClient(connection, host.clock, (want) => this.#send.want.send(want))
    this.#server = new RangeServer({
      ...host,
      connection,
      address: this.#address,
      paired: () => this.paired,
      send: this.#send,
      copy: (want) => this.#servable(want),
    })
    this.#teller = new Teller(connection, this.#send, {
      ...host,
      lister: (mirror) => this.#items.lister(mirror),
    })
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
    return this.#mirrors.get(id) !== undefined
  }

  /** What the other end is to a mirror, once it said so. */
  theirs(id: string): Kind | null {
    return this.#mirrors.get(id)?.theirs ?? null
  }

  /** What was deposited here over this link: mirrors (hex ids) and by whom. */
  *deposits(): Generator<{ readonly id: string; readonly depositor: Buffer }> {
    for (const { id, depositor } of this.#mirrors) if (depositor) yield { id, depositor }
  }

  /** What the holder at the other end has, durably, of each log (hex) of a mirror. */
  stored(id: string): ReadonlyMap<string, readonly Span[]> {
    return this.#mirrors.get(id)?.has ?? new Map()
  }

  /** What the holder at the other end said of a mirror that was deposited there. */
  kept(id: string): Kept | null {
    return this.#mirrors.get(id)?.kept ?? null
  }

  /** What the holder at the other end said of the items of a mirror, by their roots (hex). */
  keeping(id: string): ReadonlyMap<string, Keeping> {
    return this.#items.keeping(id)
  }

  /** How many items of a mirror the holder at the other end was asked to keep. */
  named(id: string): number {
    return this.#items.named(id)
  }

  /** What is shared of files over this link: rooms that the other end holds, mirrors that are held here. */
  rooms(): Generator<SharedRoom> {
    return this.#items.rooms()
  }

  /** Something of files passed. */
  passed(): void {
    this.#activeAt = this.#host.clock.monotonic()
  }

  /** True while ranges are being sent: files wait. */
  get sending(): boolean {
    return this.#server.busy
  }

  /** False while nothing is asked of the other end: it failed lately, or lied. */
  get usable(): boolean {
    return !this.closed && !this.#reputation.rests
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
    return this.#deposits.make(key, options.depositor)
  }

  /** Withdraws a deposit: the node deletes all of it once the last depositor did. */
  forget(key: Buffer, options: { depositor: KeyPair }): void {
    if (!this.closed) this.#deposits.withdraw(key, options.depositor)
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
    for (const mirror of this.#mirrors) {
      const shared = this.#host.shared(mirror.shared.key)
      if (!shared) this.#end(mirror)
      else if (shared.copy === mirror.shared.copy) this.#is(mirror, shared)
      else {
        this.#end(mirror)
        this.#begin(shared, mirror.tag, mirror.theirs)
      }
    }
  }

  /** What is here of a mirror may have changed: it is told, and what nobody wanted may be wanted now. */
  changed(copy: Copy): void {
    for (const mirror of this.#mirrors.of(copy)) {
      const { said, depositor, shared } = mirror
      // How much is held changes with its files too.
      if (said && depositor && shared.guard && mirror.wanted.settled) {
        this.#deposits.answer(mirror, said.refused)
      }
      this.#tell(mirror)
      this.#due.reconsider(mirror)
    }
  }

  /** A holder's copy takes no more from the other end. */
  refuse(mirror: SharedMirror, refused: Refused): void {
    mirror.wanted.drop()
    mirror.wanted.missed = true
    mirror.refusing = refused
    this.#due.add(mirror, ASK_AGAIN)
    if (mirror.shared.guard) this.#deposits.answer(mirror, refused)
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
  wanting(): Generator<SharedMirror> {
    return this.#mirrors.wanting()
  }

  /** All that was wanted of a mirror is here, for now. */
  settled(mirror: SharedMirror): void {
    this.#activeAt = this.#host.clock.monotonic()
    if (mirror.depositor && mirror.shared.guard) {
      this.#deposits.answer(mirror, mirror.refusing)
      this.#hello()
    }
    if (mirror.wanted.missed) this.#due.add(mirror)
  }

  /** It did not serve a log that it says it has. */
  failed(mirror: SharedMirror): void {
    this.#due.add(mirror)
    this.#reputation.failed()
  }

  /** It is asked for nothing for a while. */
  rest(): void {
    this.#reputation.rest()
  }

  /** It sent what was asked for. */
  served(): void {
    this.#reputation.served()
    this.#activeAt = this.#host.clock.monotonic()
  }

  /** It sent what no author signed. */
  distrust(mirror: SharedMirror): void {
    mirror.false = true
    mirror.wanted.drop()
    this.#host.logger.warn('mirror-false-range', { transport: this.transport })
    if (this.#reputation.lied()) this.connection.close('the peer sent what no author signed')
  }

  #close(): void {
    this.#server.close()
    this.client.close()
    for (const mirror of this.#mirrors) {
      mirror.close()
      this.#host.onend(this, mirror)
    }
    this.#mirrors.clear()
    this.#due.clear()
    this.#deposits.close()
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
    let mirror = this.#mirrors.tagged(tag)
    if (mirror) mirror.shared = shared
    else {
      if (this.#mirrors.size >= MAX_OPEN) return null
      mirror = new SharedMirror(shared, tag, this.#memory)
      this.#mirrors.add(mirror)
      this.#budget.widen()
      this.connection.acquaint()
      this.#sayOpen(mirror)
      this.#host.onmatched(this, mirror)
    }
    if (theirs !== null) this.#meet(mirror, theirs)
    this.#items.regroup()
    return mirror
  }

  /** It is here as before; what this device is to it may be something else. */
  #is(mirror: SharedMirror, shared: SharedCopy): void {
    const { kind } = mirror.shared
    mirror.shared = shared
    if (shared.kind === kind) return
    this.#sayOpen(mirror)
    this.#tell(mirror)
    this.#host.fetch()
  }

  #sayOpen({ tag, shared }: SharedMirror): void {
    this.#send.open.send({ tag, kind: KINDS.indexOf(shared.kind) })
  }

  /** It is known what the other side is to a mirror. */
  #meet(mirror: SharedMirror, theirs: Kind): void {
    if (mirror.theirs === theirs) return
    mirror.theirs = theirs
    this.#tell(mirror)
    this.#host.onmet(this, mirror)
  }

  #tell(mirror: SharedMirror): void {
    this.#items.regroup()
    void this.#teller.tell(mirror)
  }

  #end(mirror: SharedMirror): void {
    this.#mirrors.delete(mirror)
    this.#due.delete(mirror)
    mirror.close()
    if (mirror.depositor) this.#deposits.say(mirror.tag, { refused: 'full', until: 0, bytes: 0 })
    if (!this.closed) this.#send.gone.send({ tag: mirror.tag })
    this.#host.onend(this, mirror)
    this.#items.regroup()
  }

  #servable({ tag, key }: WantMessage): SharedCopy['copy'] | null {
    const mirror = this.#mirrors.tagged(tag)
    if (!mirror) return null
    this.#activeAt = this.#host.clock.monotonic()
    const { copy } = mirror.shared
    return mirror.flow.gives || this.#host.handsOver(this, mirror, key) ? copy : null
  }

  #tick(): void {
    this.#budget.refill()
    if (this.#unmatched) this.#matchAll()
    this.#due.tick()
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
    this.#items.regroup()
    this.#host.onnode(this)
  }

  /** Looks for all keys, at once or when the peer said less: to look for thousands takes its time. */
  #matchAll(): void {
    const { keys } = this.#host.keysAfter(0)
    const words = keys.length / KEYS_PER_WORD
    this.#unmatched = !this.#budget.affords(words)
    if (this.#unmatched) return
    this.#budget.spend(0, words)
    this.#match(keys)
  }

  #onopen(mirror: SharedMirror, { kind }: OpenMessage): void {
    if (mirror.theirs !== null && !this.#hears(() => this.#budget.spend(0, KIND_AGAIN))) return
    // It was gone, and does not know any more what we are to it.
    if (mirror.gone) this.#sayOpen(mirror)
    mirror.gone = false
    this.#meet(mirror, KINDS[kind]!)
  }

  #ongone(mirror: SharedMirror): void {
    mirror.theirs = null
    mirror.gone = true
    mirror.beginAnew()
    this.#items.regroup()
    if (mirror.kept && mirror.kept.refused === null) mirror.kept = null
    this.#host.onstored(this, mirror, [])
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

  #note(mirror: SharedMirror, head: LogHead): void {
    // Remembering what nobody can have costs as much as what is there.
    if (mirror.false || !isNamed(head)) return
    mirror.wanted.note(head.key.toString('hex'), head)
    this.#mirrors.want(mirror)
    if (mirror.wanted.missed) this.#due.add(mirror)
  }

  #onask(mirror: SharedMirror): void {
    mirror.told = 0
    this.#tell(mirror)
  }

  #onwant(want: WantMessage): void {
    if (!this.#server.want(want)) this.connection.close('the peer asked for too much at once')
  }

  #onnotes(mirror: SharedMirror, { statements }: NotesMessage): void {
    if (!mirror.flow.takes) return
    for (const statement of statements) mirror.noted(statement)
    const { guard, copy } = mirror.shared
    void this.#host.guarded(async () => {
      if (guard) return guard.note(statements, this.visitor(mirror))
      await copy.note(statements)
      const names = (copy.over?.(statements) ?? []).map(shortOf)
      if (names.length > 0 && !this.closed) this.#send.over.send({ tag: mirror.tag, names })
    })
  }

  async #onover(mirror: SharedMirror, { names }: OverMessage): Promise<void> {
    await mirror.shared.guard?.settle(names, this.visitor(mirror))
  }

  /** False for what is not heard any more. */
  #hears(within: () => boolean): boolean {
    if (this.closed) return false
    if (within()) return true
    this.connection.close('the peer said too much of mirrors')
    return false
  }

  #asked(known: boolean): void {
    if (!known) this.connection.close('the peer sent what nobody asked for')
  }

  #makeDeposits(): LinkDeposits {
    return new LinkDeposits({
      connection: this.connection,
      host: this.#host,
      tags: this.#tags,
      send: () => this.#send,
      visitor: () => this.visitor(),
      begin: (shared, tag, theirs) => this.#begin(shared, tag, theirs),
      tagged: (tag) => this.#mirrors.tagged(tag),
      onkept: (mirror) => {
        this.#tell(mirror)
        this.#host.onkept(this, mirror)
      },
    })
  }

  #makeItems(): LinkItems {
    return new LinkItems({
      mirrors: this.#mirrors,
      key: this.connection.remoteKey,
      address: this.#address,
      paired: () => this.paired,
      node: () => this.#node,
      closed: () => this.closed,
      tell: (mirror) => this.#tell(mirror),
      onkept: (mirror) => this.#host.onkept(this, mirror),
      onrooms: () => this.#options.onrooms?.(),
    })
  }

  #declare(channel: Channel): MirrorSenders {
    return declareWords({
      channel,
      budget: this.#budget,
      tagged: (tag) => this.#mirrors.tagged(tag),
      hears: (within) => this.#hears(within),
      guarded: (run) => this.#host.guarded(run),
      handlers: {
        hello: (m) => this.#onhello(m),
        tags: (m) => {
          if (this.#tags.add(m)) this.#matchAll()
        },
        open: (mirror, m) => this.#onopen(mirror, m),
        gone: (mirror) => this.#ongone(mirror),
        deposit: (m) => this.#deposits.ondeposit(m),
        answer: (m) => this.#deposits.onanswer(m),
        heads: (mirror, m) => this.#onheads(mirror, m),
        ask: (mirror) => this.#onask(mirror),
        want: (m) => this.#onwant(m),
        blocks: (m) => this.#asked(this.client.onblocks(m)),
        end: (m) => this.#asked(this.client.onend(m)),
        notes: (mirror, m) => this.#onnotes(mirror, m),
        over: (mirror, m) => this.#onover(mirror, m),
        items: (mirror, m) => this.#items.onitems(mirror, m),
        kept: (mirror, m) => this.#items.onkept(mirror, m),
        forget: (mirror, m) => {
          const done = this.#deposits.onforget(mirror, m)
          this.#items.regroup()
          return done
        },
        parcels: (m) => this.#host.onparcels(this, m),
      },
    })
  }
}
