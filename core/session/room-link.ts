import type { Clock, Timer } from '../clock.ts'
import type { Connection } from '../connection/connection.ts'
import type { RoomState } from '../control/room-state.ts'
import { sign, verify } from '../crypto/sign.ts'
import type { Logger } from '../logger.ts'
import { BULK_MIN } from '../replication/bulk-client.ts'
import type { BulkClient } from '../replication/bulk-client.ts'
import type { ContentLog } from '../room/content-log.ts'
import type { Room } from '../room/room.ts'
import { LogLengths } from './log-lengths.ts'
import { REFUSALS } from './messages.ts'
import type {
  BulkRequest,
  ControlMessage,
  HaveMessage,
  LacksMessage,
  ProveMessage,
  Refusal,
  RefuseMessage,
  SessionSenders,
} from './messages.ts'
import { RangeServer } from './range-server.ts'

/** How long news of what we have is gathered: one message for a burst, and little traffic beside the text. */
const HAVE_DELAY = 100
/** The same over a narrow link, where each word counts. */
const NARROW_HAVE_DELAY = 1_000
const NARROW_CONTROL_DELAY = 200
const CONTROL_DELAY = 20
/** When a joiner is looked at again whom we could not let in for a fault of ours. */
const RETRY = 2_000
/** Proofs a peer may try in one session: one for each invite that it was given. */
const MAX_PROOFS = 16
const HEADS_PER_MESSAGE = 512
/** Logs that a peer may speak of in one session. */
const MAX_LOGS = 65_536

/** What a room needs of the session that it is in. */
export interface RoomLinkOptions {
  readonly room: Room
  /** Names the room in this session: the initiator's tag. */
  readonly tag: Buffer
  readonly connection: Connection
  readonly send: SessionSenders
  readonly bulk: BulkClient
  readonly clock: Clock
  readonly logger: Logger
  readonly onchange: () => void
}

/**
 * One room in one session. First both ends prove who they are; control logs flow once the peer's signature
 * holds (it knows the room's secret), content logs once the control log says that its device is in.
 */
export class RoomLink {
  readonly room: Room
  readonly #options: RoomLinkOptions
  /** The peer's device (hex), once its signature was checked. */
  device: string | null = null
  /** True once the control log names the peer's device. */
  member = false
  /** The epoch whose key the peer says it lacks. */
  lacks: number | null = null
  #toldLack: number | null = null
  #proofs = 0
  #refused: Refusal | null = null
  #statement: Buffer = Buffer.alloc(0)
  #hope: { state: RoomState; statement: Buffer; yes: boolean } | null = null
  readonly #theirs = new LogLengths()
  readonly #theirReads = new LogLengths()
  readonly #toldHave = new LogLengths()
  readonly #toldRead = new LogLengths()
  readonly #toldControl = new LogLengths()
  readonly #ranges: RangeServer
  #said = false
  #talkedAt = -Infinity
  readonly #attached = new Set<string>()
  #heard = false
  #controlHeard = false
  /** What it asked to have written down before it was known as a member: the last of it says all. */
  #declared: readonly Buffer[] = []
  #ownHead: ControlMessage['heads'][number] | undefined
  #controlTimer: Timer | null = null
  #haveTimer: Timer | null = null
  #retryTimer: Timer | null = null
  #closed = false
  readonly #onstate = (): void => {
    void this.#evaluate()
    this.#controlSoon()
    this.#sayLack()
  }
  readonly #onplaced = (): void => this.#haveSoon()
  readonly #onlog = (log: ContentLog): void => this.#sync(log)

  constructor(options: RoomLinkOptions) {
    this.#options = options
    this.room = options.room
    this.#ranges = new RangeServer(options)
    this.room.on('state', this.#onstate)
    this.room.on('placed', this.#onplaced)
    this.room.on('read', this.#onplaced)
    this.room.on('log', this.#onlog)
    this.room.links.add(this)
    this.prove()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ranges.close()
    this.room.off('state', this.#onstate)
    this.room.off('placed', this.#onplaced)
    this.room.off('read', this.#onplaced)
    this.room.off('log', this.#onlog)
    this.room.links.delete(this)
    this.#controlTimer?.cancel()
    this.#haveTimer?.cancel()
    this.#retryTimer?.cancel()
    if (!this.member) return
    this.room.receipts.unlinked(this.device!)
    this.room.emit('placed')
  }

  /** Names the room in this session: the initiator's tag. */
  get tag(): Buffer {
    return this.#options.tag
  }

  get roomId(): string {
    return this.room.id
  }

  /** When something was last written that the other end has by now (monotonic ms). */
  get talkedAt(): number {
    return this.#talkedAt
  }

  /** True while the peer is being sent a range of messages. */
  get sending(): boolean {
    return this.#ranges.busy
  }

  /** How much of a log the peer said it has. */
  theirs(log: string): number {
    return this.#theirs.of(log)
  }

  /** True once the peer said all that it has. */
  get heard(): boolean {
    return this.#heard
  }

  /** The peer says who it is. */
  /** True while the peer is none yet and brings a statement by which somebody may let it in. */
  get awaited(): boolean {
    if (!this.device || this.member || this.#refused !== null) return false
    const { control, membership } = this.room
    // Signatures take long to check, and a flood has this asked for very many peers.
    if (this.#hope?.state !== control.state || this.#hope.statement !== this.#statement) {
      const yes = membership.awaits(this.device, this.#statement)
      this.#hope = { state: control.state, statement: this.#statement, yes }
    }
    return this.#hope.yes
  }

  onprove(message: ProveMessage): void {
    const device = message.device.toString('hex')
    if (this.member || (this.device && this.device !== device)) return
    const { connection, logger } = this.#options
    if (++this.#proofs > MAX_PROOFS) return connection.close('the peer proved itself too often')
    const parts = this.#proofParts(!connection.initiator)
    if (!verify('prove', parts, message.signature, message.device)) {
      logger.warn('proof-refused', { transport: connection.transport })
      return connection.close('the peer is not who it says')
    }
    this.device = device
    this.#refused = null
    this.#statement = message.statement
    // While we are not in ourselves, we can not tell who is, and need what the room's members send.
    if (this.room.membership.joined) connection.welcome()
    else connection.trust()
    this.room.control.attach(connection.mux)
    this.#controlSoon()
    void this.#evaluate()
  }

  /** The peer says how far it knows the control logs. */
  oncontrol(message: ControlMessage): void {
    if (!this.device) return
    this.#controlHeard = true
    this.#ownHead = message.heads.find(({ key }) => key.equals(this.room.control.writer))
    this.#hint(message.heads)
    if (!this.member) return void (this.#declared = message.statements)
    this.room.control.noteHeard()
    this.#writeDown(message.statements)
  }

  /** The peer says what it has, and read. */
  onhave(message: HaveMessage): void {
    if (!this.device) return
    this.#talkedAt = this.#options.clock.monotonic()
    this.#theirs.note(message.logs, MAX_LOGS)
    this.#theirReads.note(message.read, MAX_LOGS)
    this.#heard = true
    if (!this.member) return
    this.room.receipts.heard(this.device, message.logs, message.read)
    for (const log of this.room.logs) this.#sync(log)
    this.room.emit('heard')
  }

  /** The peer tells whether it lacks the room's key. */
  onlacks({ epoch }: LacksMessage): void {
    if (epoch === this.lacks) return
    this.lacks = epoch
    this.room.asked(this)
  }

  /** The peer asks for a range. */
  onbulkRequest(request: BulkRequest): void {
    const log = this.room.logs.get(request.log.toString('hex'))
    if (this.member && log && !this.#closed) this.#ranges.serve(log, request)
  }

  /** The peer does not let this device in. */
  onrefuse(message: RefuseMessage): void {
    if (this.device) this.room.refused(REFUSALS[message.reason]!)
  }

  #proofParts(initiator: boolean): Buffer[] {
    const side = Buffer.from([initiator ? 1 : 0])
    return [this.#options.connection.handshakeHash, side, this.room.control.key]
  }

  /** Says who this device is; said again when it holds another invite. */
  prove(): void {
    const { connection, send, tag } = this.#options
    const { device } = this.room.keys
    const signature = sign('prove', this.#proofParts(connection.initiator), device.secretKey)
    const statement = this.room.statement
    send.prove.send({ tag, device: device.publicKey, signature, statement })
  }

  /** Is the peer's device in? If it brings a statement that holds, it is let in now. */
  async #evaluate(): Promise<void> {
    if (this.#closed || !this.device) return
    if (this.member) return this.#leaveWithPeer()
    const verdict = await this.room.judge(this.device, this.#statement)
    if (this.#closed || this.member) return
    if (verdict === 'unknown') return
    if (verdict === 'later') {
      this.#retryTimer?.cancel()
      this.#retryTimer = this.#options.clock.after(RETRY, () => void this.#evaluate())
      return
    }
    if (verdict !== 'member') return this.#refuse(verdict)
    this.member = true
    this.#options.connection.trust()
    // What it said before we knew that it is a member counts now.
    if (this.#ownHead) this.#hint([this.#ownHead])
    if (this.#controlHeard) this.room.control.noteHeard()
    this.#writeDown(this.#declared)
    this.#declared = []
    this.#sayControl()
    this.#sayLack()
    this.#sayHave()
    this.room.receipts.heard(this.device, this.#theirs.list(), this.#theirReads.list())
    // What the peer's own device writes now stands at the end of its log.
    for (const log of this.room.logs) if (log.device === this.device) this.#sync(log)
    for (const log of this.room.logs) this.#sync(log)
    this.room.emit('heard')
    this.room.asked(this)
    this.#options.onchange()
  }

  /** Says why not, once. */
  #refuse(reason: Refusal): void {
    if (this.#refused === reason) return
    this.#refused = reason
    const { send, tag } = this.#options
    send.refuse.send({ tag, reason: REFUSALS.indexOf(reason) })
  }

  /** A device that is out is no member of the room in open sessions either. */
  #leaveWithPeer(): void {
    const { standing } = this.room.control.state.devices.get(this.device!) ?? {}
    if (standing === 'in') return
    this.#options.connection.close(
      `the peer ${standing === 'left' ? 'left' : 'is out of'} the room`,
    )
  }

  #writeDown(statements: readonly Buffer[]): void {
    for (const statement of statements) void this.room.writeDown(statement, this.device!)
  }

  #hint(heads: ControlMessage['heads']): void {
    this.room.control.hint(heads, this.member).catch((error: unknown) => {
      if (!this.#closed) this.#options.logger.warn('control-hint', { error: String(error) })
    })
  }

  #controlSoon(): void {
    if (!this.device || this.#closed) return
    const { clock, connection } = this.#options
    const ms = connection.narrow ? NARROW_CONTROL_DELAY : CONTROL_DELAY
    this.#controlTimer ??= clock.after(ms, () => this.#sayControl())
  }

  #sayControl(): void {
    this.#controlTimer?.cancel()
    this.#controlTimer = null
    const { send, tag } = this.#options
    const news = this.#toldControl.news(this.room.control.heads())
    const statements = this.room.unwritten()
    for (let at = 0; at < news.length || (at === 0 && statements.length > 0);) {
      send.control.send({ tag, heads: news.slice(at, (at += HEADS_PER_MESSAGE)), statements })
    }
  }

  /** Only who is in can tell, and only a member can help. */
  #sayLack(): void {
    const { lacks } = this.room.membership
    if (!this.member || this.#closed || lacks === this.#toldLack) return
    this.#toldLack = lacks
    const { send, tag } = this.#options
    send.lacks.send({ tag, epoch: lacks })
  }

  #haveSoon(): void {
    if (!this.member || this.#closed) return
    const { clock, connection } = this.#options
    const ms = connection.narrow ? NARROW_HAVE_DELAY : HAVE_DELAY
    this.#haveTimer ??= clock.after(ms, () => this.#sayHave())
  }

  #sayHave(): void {
    this.#haveTimer?.cancel()
    this.#haveTimer = null
    this.#talkedAt = this.#options.clock.monotonic()
    const { send, tag } = this.#options
    const person = this.room.control.state.devices.get(this.device!)?.person
    // Of each log once, so that the peer knows where to fetch; how it goes on is news to its author alone, for
    // hypercore announces what there is.
    const told = [...this.room.logs].filter(
      (log) => log.person === person || !this.#toldHave.has(log.hex),
    )
    const news = this.#toldHave.news(
      told.map((log) => ({ key: log.key, length: this.room.placed(log.hex) })),
    )
    const read = this.#toldRead.news(this.room.receipts.readOf(this.device!))
    // The first one is said even when it is empty: the peer waits for it before it fetches.
    for (let at = 0; at < Math.max(news.length, read.length) || !this.#said;) {
      this.#said = true
      const end = at + HEADS_PER_MESSAGE
      send.have.send({ tag, logs: news.slice(at, end), read: read.slice(at, end) })
      at = end
    }
    this.room.receipts.told(this.device!, news, read)
  }

  /** Fetches a log: in ranges while it is far behind, then block by block as it grows. */
  #sync(log: ContentLog): void {
    if (!this.member || !this.#heard || this.#closed || this.#attached.has(log.hex)) return
    if (this.room.logs.fetching.has(log.hex)) return
    const behind = this.theirs(log.hex) - log.core.contiguousLength
    const whole = log.core.length === log.core.contiguousLength
    // A range ends where the author's signature stands, not where the log ends by a removal.
    const ranges = behind >= BULK_MIN && whole && log.limit === Infinity
    if (!ranges || !this.room.logs.accepting) return this.#attach(log)
    this.room.logs.fetching.add(log.hex)
    void this.#options.bulk
      .fetch(log, this.#options.tag)
      .catch(() => 'failed')
      .then(() => {
        this.room.logs.fetching.delete(log.hex)
        this.#attach(log)
        // Other sessions left this log alone meanwhile.
        this.room.emit('log', log)
      })
  }

  #attach(log: ContentLog): void {
    if (this.#closed || this.#attached.has(log.hex) || log.core.closing) return
    this.#attached.add(log.hex)
    log.core.replicate(this.#options.connection.mux)
    if (this.room.logs.accepting) log.fetch()
  }
}
