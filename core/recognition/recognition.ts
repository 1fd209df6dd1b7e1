import { every } from '../clock.ts'
import type { Clock, Timer } from '../clock.ts'
import type { Random } from '../random.ts'
import { isWornOut } from './key-age.ts'
import { MAX_KNOWN, MAX_TOLD } from './saved-recognition.ts'
import type { SavedRecognition } from './saved-recognition.ts'

/** Bytes of a key. */
export const RECOGNITION_KEY = 32
/** How long news is gathered before it is saved and told to transports. */
const GATHER = 1_000
/** For how long a device's other key counts for nothing, after it told one: each is written to the disk. */
const KEPT = 60_000
/** How often the key's age is looked at, and who was met last is kept. */
const LOOK = 60 * 60_000

interface Known {
  readonly key: Buffer
  /** Monotonic ms when it was told. */
  readonly since: number
}

/** The other end of a session, as far as recognition goes. */
export interface Acquainted {
  /** This device's key, or who shares a room, may be another now. */
  renew(): void
}

export interface RecognitionOptions {
  readonly saved: SavedRecognition | null
  /** Keeps it; what fails is kept at the next change. */
  readonly save: (saved: SavedRecognition) => void
  /** False while the rooms are not open, and nobody seems to share one. */
  readonly open: () => boolean
  /** Whether a device (hex) is in a room of this one, and its person not blocked. */
  readonly shares: (device: string) => boolean
  /** The keys to recognise others by, and to be recognised by. */
  readonly onkeys: (own: Buffer, known: readonly Buffer[]) => void
  readonly clock: Clock
  readonly random: Random
}

/**
 * The keys by which devices with a room in common recognise each other by what a radio advertises. Each device has one,
 * which it tells such devices in their sessions; once one of these is out of the last common room, it is another.
 */
export class Recognition {
  readonly #options: RecognitionOptions
  readonly #sessions = new Set<Acquainted>()
  #own: Buffer
  #since: number
  #told: Set<string>
  /** By device (hex), those met last at the end. */
  readonly #known: Map<string, Known>
  /** There is what was neither kept nor told to transports; of `#reordered`, that is done by and by. */
  #news = true
  #reordered = false
  #timer: Timer | null = null
  /** Until another key of a device counts that told one too soon. */
  #held: Timer | null = null
  readonly #looking: Timer
  #closed = false

  constructor(options: RecognitionOptions) {
    const { saved, clock, random } = options
    this.#options = options
    this.#own = saved ? Buffer.from(saved.own, 'hex') : random.bytes(RECOGNITION_KEY)
    this.#since = saved?.since ?? clock.now()
    this.#told = new Set(saved?.told)
    const known = [...(saved?.known ?? [])].reverse()
    this.#known = new Map(
      known.map(([device, key]) => [device, { key: Buffer.from(key, 'hex'), since: -Infinity }]),
    )
    this.#looking = every(clock, LOOK, () => {
      this.#news ||= this.#reordered
      this.changed()
    })
    this.changed()
  }

  /** This device's key. */
  get own(): Buffer {
    return this.#own
  }

  /** Theirs, of those met last first. */
  get known(): Buffer[] {
    return [...this.#known.values()].map(({ key }) => key).reverse()
  }

  /** Rooms, who is in them, or who is blocked changed. */
  changed(): void {
    if (this.#closed) return
    this.#timer ??= this.#options.clock.after(GATHER, () => {
      this.#timer = null
      this.#settle()
    })
  }

  /** A session with a device began; what is given ends that. */
  join(session: Acquainted): () => void {
    this.#sessions.add(session)
    return () => void this.#sessions.delete(session)
  }

  /** Whether a device (hex) may be told this device's key now; it is taken to know it from then on. */
  tells(device: string): boolean {
    if (this.#closed || !this.#options.shares(device)) return false
    if (this.#told.has(device)) return true
    if (this.#told.size >= MAX_TOLD) return false
    this.#told.add(device)
    this.#news = true
    this.changed()
    return true
  }

  /**
   * A device (hex) told its key; false, and it counts for nothing yet, while that shares no room, told another one just
   * now, or another device has the key.
   */
  heard(device: string, key: Buffer): boolean {
    if (this.#closed || !this.#options.shares(device)) return false
    const before = this.#known.get(device)
    if (before?.key.equals(key)) {
      this.#meet(device, before)
      return true
    }
    if (this.#taken(key) || this.#tooSoon(before)) return false
    this.#meet(device, { key, since: this.#options.clock.monotonic() })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_KNOWN) this.#known.delete(oldest!)
    this.#news = true
    this.changed()
    return true
  }

  /** Keeps what was not kept yet. */
  close(): void {
    this.#looking.cancel()
    this.#timer?.cancel()
    this.#held?.cancel()
    this.#timer = this.#held = null
    if (!this.#closed && (this.#news || this.#reordered)) this.#save()
    this.#closed = true
  }

  /** It is the one met last. */
  #meet(device: string, known: Known): void {
    if ([...this.#known.keys()].at(-1) !== device) this.#reordered = true
    this.#known.delete(device)
    this.#known.set(device, known)
  }

  /** Somebody else would be taken for the device whose key it is. */
  #taken(key: Buffer): boolean {
    return this.#own.equals(key) || [...this.#known.values()].some((known) => known.key.equals(key))
  }

  #tooSoon(before: Known | undefined): boolean {
    const { clock } = this.#options
    if (!before || clock.monotonic() - before.since >= KEPT) return false
    this.#held ??= clock.after(KEPT, () => {
      this.#held = null
      this.changed()
    })
    return true
  }

  #settle(): void {
    const { clock, random, shares, onkeys, open } = this.#options
    if (open()) {
      for (const device of this.#known.keys()) if (!shares(device)) this.#forget(device)
      const leaked = [...this.#told].some((device) => !shares(device))
      if (isWornOut({ since: this.#since, now: clock.now(), leaked })) {
        this.#own = random.bytes(RECOGNITION_KEY)
        this.#since = clock.now()
        this.#told = new Set()
        this.#news = true
      }
      for (const session of this.#sessions) session.renew()
    }
    if (!this.#news) return
    this.#save()
    onkeys(this.#own, this.known)
  }

  #forget(device: string): void {
    this.#known.delete(device)
    this.#news = true
  }

  #save(): void {
    this.#news = this.#reordered = false
    this.#options.save({
      own: this.#own.toString('hex'),
      since: this.#since,
      told: [...this.#told],
      known: [...this.#known].reverse().map(([device, { key }]) => [device, key.toString('hex')]),
    })
  }
}
