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
/** How often the key's age is looked at. */
const LOOK = 60 * 60_000

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
  readonly #known: Map<string, Buffer>
  #saved = ''
  #timer: Timer | null = null
  readonly #looking: Timer
  #closed = false

  constructor(options: RecognitionOptions) {
    const { saved, clock, random } = options
    this.#options = options
    this.#own = saved ? Buffer.from(saved.own, 'hex') : random.bytes(RECOGNITION_KEY)
    this.#since = saved?.since ?? clock.now()
    this.#told = new Set(saved?.told)
    const known = [...(saved?.known ?? [])].reverse()
    this.#known = new Map(known.map(([device, key]) => [device, Buffer.from(key, 'hex')]))
    this.#looking = every(clock, LOOK, () => this.changed())
    this.changed()
  }

  /** This device's key. */
  get own(): Buffer {
    return this.#own
  }

  /** Theirs, of those met last first. */
  get known(): Buffer[] {
    return [...this.#known.values()].reverse()
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
    this.changed()
    return true
  }

  /** A device (hex) told its key; false, and it counts for nothing, while that shares no room. */
  heard(device: string, key: Buffer): boolean {
    if (this.#closed || !this.#options.shares(device)) return false
    this.#known.delete(device)
    this.#known.set(device, key)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_KNOWN) this.#known.delete(oldest!)
    this.changed()
    return true
  }

  /** Keeps what was not kept yet. */
  close(): void {
    const gathered = this.#timer !== null
    this.#looking.cancel()
    this.#timer?.cancel()
    this.#timer = null
    if (gathered) this.#save()
    this.#closed = true
  }

  #settle(): void {
    const { clock, random, shares, onkeys, open } = this.#options
    if (open()) {
      for (const device of this.#known.keys()) if (!shares(device)) this.#known.delete(device)
      const leaked = [...this.#told].some((device) => !shares(device))
      if (isWornOut({ since: this.#since, now: clock.now(), leaked })) {
        this.#own = random.bytes(RECOGNITION_KEY)
        this.#since = clock.now()
        this.#told = new Set()
      }
      for (const session of this.#sessions) session.renew()
    }
    if (this.#save()) onkeys(this.#own, this.known)
  }

  /** False when there was nothing new. */
  #save(): boolean {
    const saved: SavedRecognition = {
      own: this.#own.toString('hex'),
      since: this.#since,
      told: [...this.#told],
      known: [...this.#known].reverse().map(([device, key]) => [device, key.toString('hex')]),
    }
    const text = JSON.stringify(saved)
    if (text === this.#saved) return false
    this.#saved = text
    this.#options.save(saved)
    return true
  }
}
