import type { Clock, Timer } from '../../clock.ts'
import type { Connection } from '../../connection/connection.ts'
import { Job } from '../../job.ts'
import { unreadable } from '../held.ts'
import type { Held } from '../held.ts'
import { KINDS, MAX_ROOTS, MAX_RUNS } from './messages.ts'
import type { FileSenders, Kind, RootsMessage } from './messages.ts'
import { toRuns } from './runs.ts'

/** How long news of chunks is gathered: one message for many, and soon enough to be passed on. */
const GAINED_DELAY = 100

/** What makes all of an item's chunks worth a look. */
const ANEW = ['lost', 'manifest', 'problem'] as const

export interface TellerOptions {
  readonly connection: Connection
  readonly send: Pick<FileSenders, 'has' | 'gained'>
  readonly clock: Clock
  /** What is held of a root for the room of this tag (hex); null while the peer may not have it. */
  readonly held: (tag: string, root: string) => Held | null
  /** True once the peer is a member of the tag's room. */
  readonly member: (tag: string) => boolean
}

interface Told {
  readonly tag: Buffer
  readonly root: Buffer
  held: Held | null
  /** All is to be said anew. */
  anew: boolean
  gained: number[]
  off: () => void
}

/** Tells one peer what we have of the items that it asked about, now and as it changes. */
export class Teller {
  readonly #options: TellerOptions
  readonly #told = new Map<string, Told>()
  readonly #job = new Job(() => this.#tell())
  #timer: Timer | null = null
  #closed = false

  constructor(options: TellerOptions) {
    this.#options = options
  }

  /** False when the peer asks about more than it may. */
  ask({ tag, roots }: RootsMessage): boolean {
    for (const root of roots) {
      const key = `${tag.toString('hex')} ${root.toString('hex')}`
      if (!this.#told.has(key) && this.#told.size >= MAX_ROOTS) return false
      this.#told.get(key)?.off()
      this.#told.set(key, { tag, root, held: null, anew: true, gained: [], off: () => {} })
    }
    this.#soon(0)
    return true
  }

  forget({ tag, roots }: RootsMessage): void {
    for (const root of roots) this.#drop(`${tag.toString('hex')} ${root.toString('hex')}`)
  }

  /** What is held of these began or ended; null for all, when rooms or members changed. */
  renew(root: string | null): void {
    for (const told of this.#told.values()) {
      if (root !== null && told.root.toString('hex') !== root) continue
      const held = this.#held(told)
      if (root !== null || held !== told.held) told.anew = true
    }
    this.#soon(0)
  }

  /** The room of this tag is no longer shared. */
  leave(tag: string): void {
    for (const key of this.#told.keys()) if (key.startsWith(tag)) this.#drop(key)
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    for (const key of this.#told.keys()) this.#drop(key)
  }

  #drop(key: string): void {
    this.#told.get(key)?.off()
    this.#told.delete(key)
  }

  #held({ tag, root }: Told): Held | null {
    const hex = tag.toString('hex')
    return this.#options.member(hex) ? this.#options.held(hex, root.toString('hex')) : null
  }

  #soon(ms: number): void {
    if (this.#closed) return
    if (ms === 0) return void this.#job.wake()
    this.#timer ??= this.#options.clock.after(ms, () => {
      this.#timer = null
      void this.#job.wake()
    })
  }

  async #tell(): Promise<void> {
    const { connection, send, member } = this.#options
    for (const [key, told] of this.#told) {
      const news = told.anew || told.gained.length > 0
      if (!news || !member(told.tag.toString('hex'))) continue
      // What is not taken is not piled up: it is told as it is when there is room.
      await connection.drained()
      if (this.#closed) return
      if (this.#told.get(key) !== told) continue
      const { tag, root } = told
      const runs = toRuns(told.gained.splice(0))
      const short = runs.length <= MAX_RUNS && runs.length * 4 < (told.held?.have.length ?? 0) / 8
      if (!told.anew && short && !told.held!.have.isFull) {
        send.gained.send({ tag, root, runs })
        continue
      }
      told.anew = false
      this.#listen(told)
      const kind = kindOf(told.held)
      const bits = kind === 'some' ? told.held!.have.bytes() : Buffer.alloc(0)
      send.has.send({ tag, root, kind: KINDS.indexOf(kind), bits })
    }
  }

  #listen(told: Told): void {
    const held = this.#held(told)
    if (held === told.held) return
    told.off()
    told.held = held
    if (!held) return void (told.off = () => {})
    const ongained = (index: number): void => {
      told.gained.push(index)
      this.#soon(GAINED_DELAY)
    }
    const onchanged = (): void => {
      told.anew = true
      this.#soon(0)
    }
    // As many as there are peers that ask.
    held.setMaxListeners(0)
    held.on('gained', ongained)
    for (const event of ANEW) held.on(event, onchanged)
    told.off = () => {
      held.off('gained', ongained)
      for (const event of ANEW) held.off(event, onchanged)
    }
  }
}

function kindOf(held: Held | null): Kind {
  if (!held) return 'none'
  const why = held.have.count === 0 ? unreadable(held) : null
  if (why) return why
  if (!held.manifest) return 'none'
  return held.have.isFull ? 'all' : 'some'
}
