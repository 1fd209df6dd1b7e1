import type { Clock, Timer } from '../../clock.ts'
import { sleep } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import { errorCode } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { plainLength, SEAL } from '../descriptor.ts'
import { unreadable } from '../held.ts'
import type { Held, SealedChunk } from '../held.ts'
import { CHUNK, MANIFEST, MAX_WANTS, REFUSED } from './messages.ts'
import type { FileSenders, Refused } from './messages.ts'

/** Answers that are read while one before them is being sent. */
const AHEAD = 2
/** Bytes of those and the one before them: a chunk of a huge item is read when its turn comes. */
const AHEAD_BYTES = 3 * 1024 * 1024
/** Longest piece: longer ones gain nothing, keep text waiting, and leave both ends more to collect. */
const MAX_PIECE = 64 * 1024
/** Shortest piece that is made of a grant that allows more. */
const MIN_PIECE = 512
/** After so long without a grant, what was read is put away: a peer that takes nothing costs no memory. */
const PUT_AWAY = 10_000
/** Bytes that may be read and not sent, as they were wanted no more, and how many of these are forgiven each second. */
const MAX_WASTE = 64 * 1024 * 1024
const WASTE_RATE = 8 * 1024 * 1024
/** How often it is looked whether text has passed. */
const YIELD = 20

/** Something that a peer wants. */
export interface Wanted {
  readonly id: number
  /** Looked at when its turn comes: null when it is not held, or not for this peer any more. */
  readonly held: () => Held | null
  readonly what: number
  readonly index: number
  readonly offset: number
}

export interface ChunkServerOptions {
  readonly connection: Connection
  readonly send: Pick<FileSenders, 'piece' | 'refuse'>
  readonly clock: Clock
  readonly logger: Logger
  /** True while text is under way to the peer: it goes first. */
  readonly yields: () => boolean
  /** Bytes were sent that the peer had asked for. */
  readonly onsent: (bytes: number) => void
}

type Answer = SealedChunk | Refused

interface Turn extends Wanted {
  at: number
  /** Bytes of it that were sent since it was wanted. */
  sent: number
  answer: Promise<Answer> | null
  /** What `answer` came to, while it is being sent. */
  read: SealedChunk | null
}

/** Answers one peer's wants in their order: never more than it granted, and only while the link has room. */
export class ChunkServer {
  readonly #options: ChunkServerOptions
  readonly #turns: Turn[] = []
  #limit = 0
  #sent = 0
  /** Bytes granted at once: how finely they are cut follows from it. */
  #span = 0
  #running = false
  #closed = false
  #waste = 0
  #wasteAt = 0
  #wake: (() => void) | null = null

  constructor(options: ChunkServerOptions) {
    this.#options = options
  }

  /** Bytes of pieces that were sent. */
  get sent(): number {
    return this.#sent
  }

  /** False for one want too many. */
  want(wanted: Wanted): boolean {
    if (this.#turns.length >= MAX_WANTS) return false
    this.#turns.push({ ...wanted, at: wanted.offset, sent: 0, answer: null, read: null })
    if (!this.#running) void this.#run()
    return true
  }

  /** False for a limit that goes back. */
  grant(limit: number): boolean {
    if (limit < this.#limit) return false
    this.#limit = limit
    this.#span = limit - this.#sent
    this.#stir()
    return true
  }

  cancel(ids: readonly number[]): void {
    for (const id of ids) {
      const at = this.#turns.findIndex((turn) => turn.id === id)
      if (at === -1) continue
      this.#drop(this.#turns.splice(at, 1)[0]!)
    }
    this.#stir()
  }

  close(): void {
    this.#closed = true
    for (const turn of this.#turns.splice(0)) putAway(turn)
    this.#stir()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#turns.length > 0) {
      const turn = this.#turns[0]!
      // Nothing is read for a peer that takes nothing.
      if (!(await this.#granted())) await this.#stirred()
      if (this.#turns[0] !== turn) continue
      this.#readAhead()
      const read = await turn.answer!
      if (this.#turns[0] !== turn) continue
      // It was read ahead, and may be nobody's to have any more.
      const answer = turn.held() ? read : 'none'
      if (typeof answer === 'string') {
        this.#options.send.refuse.send({ id: turn.id, reason: REFUSED.indexOf(answer) })
      } else {
        turn.read = answer
        if (!(await this.#send(turn, answer.bytes))) continue
      }
      if (this.#turns[0] === turn) this.#turns.shift()
      putAway(turn)
    }
    this.#running = false
  }

  /** False when its turn is not over: what was read was put away, or it is wanted no more. */
  async #send(turn: Turn, bytes: Buffer): Promise<boolean> {
    while (turn.at < bytes.byteLength) {
      if (!(await this.#granted())) {
        for (const one of this.#turns) putAway(one)
        return false
      }
      await this.#clear()
      if (this.#turns[0] !== turn) return false
      const most = Math.min(MAX_PIECE, Math.max(MIN_PIECE, this.#span >> 3))
      const size = Math.min(most, this.#limit - this.#sent, bytes.byteLength - turn.at)
      const data = bytes.subarray(turn.at, turn.at + size)
      turn.at += size
      turn.sent += size
      this.#sent += size
      this.#options.onsent(size)
      this.#options.send.piece.send({ id: turn.id, data })
    }
    return true
  }

  /** Resolves when something may be sent; false when it took so long that memory is better freed. */
  async #granted(): Promise<boolean> {
    const blocked = (): boolean => this.#limit <= this.#sent && this.#turns.length > 0
    if (!blocked()) return true
    let late = false
    let timer: Timer | null = this.#options.clock.after(PUT_AWAY, () => {
      timer = null
      late = true
      this.#stir()
    })
    while (blocked() && !late) await this.#stirred()
    timer?.cancel()
    return !late
  }

  /** Resolves when the link has room and no text is under way. */
  async #clear(): Promise<void> {
    const { connection, clock, yields } = this.#options
    while (!this.#closed && !connection.closed) {
      if (!connection.roomy) await connection.drained()
      // What is sent on a corked link is gathered into one frame, which may be longer than the peer takes.
      else if (yields() || connection.mux.corked > 0) await sleep(clock, YIELD)
      else return
    }
  }

  #readAhead(): void {
    let bytes = 0
    for (const [place, turn] of this.#turns.slice(0, 1 + AHEAD).entries()) {
      const held = turn.held()
      bytes += held ? answerLength(held, turn) : 0
      if (place > 0 && bytes > AHEAD_BYTES) return
      turn.answer ??= this.#read(turn, held)
    }
  }

  async #read({ what, index, offset }: Turn, held: Held | null): Promise<Answer> {
    if (!held || offset >= answerLength(held, { what, index })) return 'none'
    if (what === MANIFEST) return { bytes: held.manifest!, release: () => {} }
    if (!held.have.has(index)) return unreadable(held) ?? 'none'
    if (this.#wasteNow() > MAX_WASTE) return 'busy'
    try {
      return await held.read(index)
    } catch (error) {
      if (!this.#closed) this.#options.logger.warn('file-read', { error: errorCode(error) })
      return 'busy'
    }
  }

  /** It was wanted and is not any more, after it was read. */
  #drop(turn: Turn): void {
    const held = turn.answer && turn.held()
    if (held && turn.what === CHUNK) {
      this.#waste = this.#wasteNow() + Math.max(0, answerLength(held, turn) - turn.sent)
    }
    putAway(turn)
  }

  #wasteNow(): number {
    const now = this.#options.clock.monotonic()
    this.#waste = Math.max(0, this.#waste - ((now - this.#wasteAt) * WASTE_RATE) / 1_000)
    this.#wasteAt = now
    return this.#waste
  }

  #stir(): void {
    this.#wake?.()
    this.#wake = null
  }

  #stirred(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}

function answerLength(held: Held, { what, index }: Pick<Wanted, 'what' | 'index'>): number {
  if (what === MANIFEST) return held.manifest?.byteLength ?? 0
  return plainLength(held.descriptor, index) + SEAL
}

/** Gives its buffer back, now or when it was read. */
function putAway(turn: Turn): void {
  const { answer, read } = turn
  turn.answer = turn.read = null
  if (read) read.release()
  else void answer?.then((late) => typeof late !== 'string' && late.release())
}
