import type { KeyPair } from 'hypercore'
import { BoundedMap } from '../bounded-map.ts'
import type { Clock, Timer } from '../clock.ts'
import type { Logger } from '../logger.ts'
import type { Random } from '../random.ts'
import type { Link } from '../transport.ts'
import { Bucket } from './bucket.ts'
import type { CircuitLink } from './circuit-link.ts'
import { CircuitStream } from './circuit-stream.ts'
import { LIFE } from './find-book.ts'
import type { FindBook, Noted } from './find-book.ts'
import type { Leg } from './leg.ts'
import { FIND_ID, MAX_TAGS } from './messages.ts'
import type { FindMessage } from './messages.ts'
import type { Missing } from './missing.ts'
import {
  ANSWER_SALT,
  answerTo,
  dayOf,
  findTag,
  isAnswer,
  paddedFind,
  pairSecret,
} from './pair-tags.ts'
import { hopsFor, nextDue, renewed, restAfter, toSeek } from './seek-policy.ts'
import type { Sought } from './seek-policy.ts'

/** The id of the transport that circuits are links of. */
export const CIRCUIT = 'circuit'
/** Dearer than any direct link, so that one that comes later takes over. */
const COST = 40

export interface SeekerOptions {
  /** This device's keys. */
  readonly device: () => KeyPair
  /** The devices that a link is wanted to. */
  readonly missing: () => readonly Missing[]
  readonly neighbours: () => CircuitLink[]
  readonly book: FindBook<CircuitLink>
  readonly onlink: (link: Link) => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Circuits that end here: with devices without which a room stands still, with others, and with those that came. */
const MAX_URGENT = 8
const MAX_APART = 4
const MAX_OWN = 12
/** Finds at once, and more each second. */
const FINDS = 3
const FINDS_RATE = 1 / 5
/** How often at least it is looked who is missing, and how soon after something changed. */
const LOOK = 60_000
const SOON = 500
/** Hashes to see whom finds look for, at once and each second: a find takes three for each missing device. */
const WORK = 60_000
const WORK_RATE = 20_000
/** What making a secret counts. */
const SECRET_WORK = 40
const MAX_SECRETS = 4_096
/** Finds that were answered, which are not answered again: who recorded one could follow us with it, or fill our circuits. */
const MAX_ANSWERED = 4_096
/** By how many ways a find is answered. */
const MAX_WAYS = 3
const MAX_AVOIDED = 256

interface Wanted extends Sought {
  readonly device: string
}

interface OwnFind {
  readonly day: number
  /** Whom it looks for (hex), and the secret shared with each. */
  readonly sought: ReadonlyMap<string, Buffer>
}

interface Promised {
  readonly device: string
  /** Until when its circuit can come: who does not come by then is sought from here again. */
  readonly until: number
}

interface OwnCircuit {
  readonly device: string
  readonly stream: CircuitStream
  /** It was opened here. */
  readonly initiator: boolean
}

/** Looks for missing members among the neighbours' neighbours, answers those who look for us, and ends circuits. */
export class Seeker {
  readonly #options: SeekerOptions
  readonly #wanted = new Map<string, Wanted>()
  readonly #finds = new BoundedMap<string, OwnFind>(8)
  /** To whom we gave which answers (hex). */
  readonly #promised = new BoundedMap<string, Promised>(256)
  readonly #answered = new BoundedMap<string, true>(MAX_ANSWERED)
  readonly #secrets = new BoundedMap<string, Buffer | null>(MAX_SECRETS)
  readonly #circuits = new Set<OwnCircuit>()
  /** Device and neighbour → until when. */
  readonly #avoided = new BoundedMap<string, number>(MAX_AVOIDED)
  readonly #may = new Bucket(FINDS, FINDS_RATE)
  readonly #work = { known: new Bucket(WORK, WORK_RATE), others: new Bucket(WORK, WORK_RATE) }
  #timer: Timer | null = null
  #lookAt = 0
  #on = false

  constructor(options: SeekerOptions) {
    this.#options = options
  }

  /** How many circuits end here. */
  get circuits(): number {
    return this.#circuits.size
  }

  start(): void {
    if (this.#on) return
    this.#on = true
    this.#soon()
  }

  /** Ends the circuits that end here, and looks for nobody. */
  stop(): void {
    this.#on = false
    this.#timer?.cancel()
    this.#timer = null
    this.#wanted.clear()
    for (const { stream } of this.#circuits) stream.destroy()
  }

  /** Rooms, members or connections changed. */
  changed(): void {
    if (this.#on) this.#soon()
  }

  /** A neighbour came: whoever is missing may be behind it. */
  onneighbour(): void {
    const now = this.#options.clock.monotonic()
    for (const [device, wanted] of this.#wanted) this.#wanted.set(device, renewed(wanted, now))
    this.changed()
  }

  /** Answers a find that looks for this device on behalf of one that it wants a link to itself. */
  onfind(link: CircuitLink, find: FindMessage, noted: Noted<CircuitLink>): void {
    if (!this.#on || this.#circuits.size >= MAX_OWN || this.#answered.has(noted.id)) return
    const tags = new Set(find.tags.map((tag) => tag.toString('hex')))
    const today = dayOf(this.#options.clock.now())
    for (const device of this.#missing()) {
      const cost = 3 + (this.#secrets.has(device) ? 0 : SECRET_WORK)
      const work = link.known ? this.#work.known : this.#work.others
      if (!work.take(cost, this.#options.clock.monotonic())) return
      const secret = this.#secret(device)
      if (!secret) continue
      const seeker = Buffer.from(device, 'hex')
      const day = [today, today - 1, today + 1].find((one) =>
        tags.has(findTag(secret, find.id, one, seeker).toString('hex')),
      )
      if (day === undefined) continue
      const fresh = this.#options.random.bytes(ANSWER_SALT)
      const answer = answerTo(secret, find.id, day, seeker, fresh)
      const name = answer.toString('hex')
      noted.answers.set(name, null)
      this.#promised.set(name, { device, until: noted.at + LIFE })
      this.#answered.set(noted.id, true)
      link.send.found.send({ id: find.id, answer })
      // It means one device by each tag, and we are one device.
      return
    }
  }

  /** A find came again by another way: its seeker has two to choose from. */
  onagain(link: CircuitLink, find: FindMessage, noted: Noted<CircuitLink>): void {
    if (!this.#on || noted.heard.has(link) || noted.heard.size >= MAX_WAYS) return
    for (const [answer, by] of noted.answers) {
      if (by !== null) continue
      noted.heard.add(link)
      link.send.found.send({ id: find.id, answer: Buffer.from(answer, 'hex') })
    }
  }

  /** One that we look for is behind this neighbour; false for an answer that is none. */
  onfound(link: CircuitLink, id: Buffer, answer: Buffer): boolean {
    const find = this.#finds.get(id.toString('hex'))
    const [device] =
      [...(find?.sought ?? [])].find(([, secret]) =>
        isAnswer(answer, secret, id, find!.day, this.#own),
      ) ?? []
    if (device === undefined) return false
    if (!this.#on || !this.#missing().includes(device)) return true
    if (this.#avoids(device, link) || this.#leaves(device)) return true
    const leg = link.open(id, answer)
    if (leg) this.#begin(device, link, leg, true)
    return true
  }

  /** The seeker opened a circuit to us along our answer. */
  accept(link: CircuitLink, leg: Leg, answer: string): void {
    const device = this.#promised.get(answer)?.device
    const wanted = device !== undefined && this.#missing().includes(device)
    if (!this.#on || !wanted || this.#keeps(device) || this.#circuits.size >= MAX_OWN) {
      return leg.abort('refused')
    }
    this.#promised.delete(answer)
    this.#begin(device, link, leg, false)
  }

  #missing(): string[] {
    return this.#options.missing().map(({ device }) => device)
  }

  /** True when no circuit to it is opened from here: there is one, it comes from there, or there are enough. */
  #leaves(device: string): boolean {
    const has = [...this.#circuits].some((one) => one.device === device)
    const most = this.#wanted.get(device)?.urgent ? MAX_URGENT : MAX_APART
    if (has || this.#circuits.size >= most) return true
    const now = this.#options.clock.monotonic()
    const promised = [...this.#promised.values()].some(
      (one) => one.device === device && one.until > now,
    )
    return promised && !this.#opens(device)
  }

  /** True where a circuit that comes from it is one too many: of two that cross, one stays. */
  #keeps(device: string): boolean {
    const opens = this.#opens(device)
    return [...this.#circuits].some((one) => one.device === device && (opens || !one.initiator))
  }

  /** Of two that look for each other, the smaller key opens. */
  #opens(device: string): boolean {
    return Buffer.compare(this.#own, Buffer.from(device, 'hex')) < 0
  }

  #begin(device: string, link: CircuitLink, leg: Leg, initiator: boolean): void {
    const { clock, logger, onlink } = this.#options
    const stream = new CircuitStream(leg)
    const circuit = { device, stream, initiator }
    this.#circuits.add(circuit)
    stream.once('close', () => {
      this.#circuits.delete(circuit)
      logger.debug('circuit-closed', { reason: stream.reason ?? 'here' })
      const rest = restAfter(stream.reason)
      if (rest > 0) this.#avoided.set(avoidance(device, link), clock.monotonic() + rest)
      this.changed()
    })
    logger.debug('circuit', { initiator })
    onlink({ stream, initiator, transport: CIRCUIT, cost: COST, address: link.address })
  }

  #avoids(device: string, link: CircuitLink): boolean {
    const until = this.#avoided.get(avoidance(device, link)) ?? -Infinity
    return until > this.#options.clock.monotonic()
  }

  #secret(device: string): Buffer | null {
    let secret = this.#secrets.get(device)
    if (secret === undefined) {
      secret = pairSecret(this.#options.device(), Buffer.from(device, 'hex'))
      this.#secrets.set(device, secret)
    }
    return secret
  }

  get #own(): Buffer {
    return this.#options.device().publicKey
  }

  #want({ device, urgent }: Missing, attempts: number, since: number): void {
    const jitter = this.#options.random.float()
    this.#wanted.set(device, { device, urgent, attempts, since, jitter })
  }

  #soon(): void {
    this.#wait(SOON)
  }

  #wait(ms: number): void {
    const { clock } = this.#options
    const at = clock.monotonic() + ms
    // What changes all the time must not put it off.
    if (this.#timer && this.#lookAt <= at) return
    this.#timer?.cancel()
    this.#lookAt = at
    this.#timer = clock.after(ms, () => {
      this.#timer = null
      this.#look()
    })
  }

  /** Who is missing, and is it time to ask for them? */
  #look(): void {
    if (!this.#on) return
    const { clock, missing } = this.#options
    const now = clock.monotonic()
    const devices = new Set<string>()
    for (const one of missing()) {
      devices.add(one.device)
      const known = this.#wanted.get(one.device)
      if (!known || (one.urgent && !known.urgent)) this.#want(one, 0, now)
      else if (known.urgent !== one.urgent) this.#want(one, known.attempts, known.since)
    }
    for (const device of this.#wanted.keys()) {
      if (!devices.has(device)) this.#wanted.delete(device)
    }
    this.#seek(now)
    // Without neighbours there is nobody to ask, and the first that comes is noticed.
    const due = this.#options.neighbours().length > 0 ? nextDue(this.#candidates()) : Infinity
    this.#wait(Math.min(LOOK, Math.max(SOON, due - now, this.#may.wait(now))))
  }

  /** Those to whom one more circuit may go. */
  *#candidates(): Generator<Wanted> {
    const under = new Set([...this.#circuits].map(({ device }) => device))
    for (const wanted of this.#wanted.values()) {
      const most = wanted.urgent ? MAX_URGENT : MAX_APART
      if (this.#circuits.size < most && !under.has(wanted.device)) yield wanted
    }
  }

  #seek(now: number): void {
    const { book, clock, neighbours, random } = this.#options
    const links = neighbours()
    const sought = toSeek(this.#candidates(), now, MAX_TAGS)
    if (links.length === 0 || sought.length === 0 || !this.#may.take(1, now)) return
    const id = random.bytes(FIND_ID)
    const day = dayOf(clock.now())
    const asked = new Map<string, Buffer>()
    const tags: Buffer[] = []
    for (const wanted of sought) {
      this.#want(wanted, wanted.attempts + 1, now)
      const secret = this.#secret(wanted.device)
      if (!secret) continue
      tags.push(findTag(secret, id, day, this.#own))
      asked.set(wanted.device, secret)
    }
    const name = id.toString('hex')
    this.#finds.set(name, { day, sought: asked })
    const noted = book.note(name, null, now)
    const hops = hopsFor(Math.max(...sought.map(({ attempts }) => attempts)))
    const find = { id, hops, tags: paddedFind(tags, random) }
    for (const link of links) {
      noted.sent.set(link, 0)
      link.send.find.send(find)
    }
  }
}

function avoidance(device: string, link: CircuitLink): string {
  return `${device}/${link.key}`
}
