/** Carries out the preface of preface-codec.ts on a fresh connection, within bounded bytes and time. */
import { createHash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { ExactReader } from './exact-reader.ts'
import type { ReadableLink } from './exact-reader.ts'
import { isSignedBy } from './instance-identity.ts'
import type { InstanceId, InstanceIdentity } from './instance-identity.ts'
import {
  HELLO_BYTES,
  MAX_TOPICS,
  NONCE_BYTES,
  decodeHello,
  decodeTopics,
  encodeHello,
  encodeTopics,
  topicHash,
  topicsBytes,
  transcript,
} from './preface-codec.ts'
import type { Hello, Hellos, Medium, Side } from './preface-codec.ts'

/** How long a preface may take, where nothing else is said. */
export const PREFACE_MS = 3_000
const LINGER_MS = 500

/** What this side says of itself; read at the moment it is said. */
export interface PrefaceSelf {
  readonly identity: InstanceIdentity
  readonly port: number
  readonly generation: number
  /** Secrets of which hashes are shown; of more than 64 the last. */
  readonly topics: readonly Uint8Array[]
  /** Secrets of which one is enough to have something in common; `topics` where it is missing. */
  readonly meeting?: readonly Uint8Array[]
}

export interface PrefaceOptions {
  readonly clock: Clock
  readonly random: Random
  readonly self: () => PrefaceSelf
  readonly medium: Medium
  readonly side: Side
  /** Milliseconds it may take; default `PREFACE_MS`. */
  readonly limit?: number
  /** The dialler may stop at the peer's hello, when it has a link to that instance already. */
  readonly wanted?: (peer: Hello) => boolean
  /** Told who the other end says it is, before that is proven. */
  readonly onhello?: (peer: Hello) => void
}

/** What a finished preface leaves to be compared later. */
export interface PrefaceProof {
  /** This side's id at that moment, and what it showed. */
  readonly own: InstanceId
  readonly ownTopics: readonly Uint8Array[]
  /** Hashes that the peer showed, and what they are bound to. */
  readonly shown: ReadonlySet<string>
  readonly bound: Buffer
  /** The same 32 bytes on both ends, and on no other connection. */
  readonly name: Buffer
}

/**
 * How a preface ended. `common`: the connection is a link. `stranger`: proven, but no topic in common.
 * `unwanted`: the dialler lost interest. `self`: this very instance. `failed`: anything else.
 */
export type PrefaceResult =
  | {
      readonly outcome: 'common' | 'stranger'
      readonly peer: Hello
      readonly generation: number
      readonly proof: PrefaceProof
    }
  | { readonly outcome: 'unwanted'; readonly peer: Hello }
  | { readonly outcome: 'self' | 'failed' }

const FAILED: PrefaceResult = { outcome: 'failed' }

/** Never rejects. The stream is destroyed unless the outcome is `common`. */
export async function runPreface(
  stream: ReadableLink,
  options: PrefaceOptions,
): Promise<PrefaceResult> {
  const reader = new ExactReader(stream)
  const timer = options.clock.after(options.limit ?? PREFACE_MS, () => stream.destroy())
  let result: PrefaceResult
  try {
    result = await (options.side === 'dialler'
      ? dial(stream, reader, options)
      : accept(stream, reader, options))
  } finally {
    timer.cancel()
    await reader.release()
  }
  if (stream.destroyed) return result.outcome === 'common' ? FAILED : result
  if (result.outcome === 'stranger' || result.outcome === 'self')
    await finish(stream, options.clock)
  else if (result.outcome !== 'common') stream.destroy()
  return result
}

/** Lets the peer read what was said last, then closes; leaves it no more than a moment for that. */
function finish(stream: ReadableLink, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(LINGER_MS, () => stream.destroy())
    stream.once('close', () => {
      timer.cancel()
      resolve()
    })
    stream.resume()
    stream.end()
  })
}

async function dial(
  stream: ReadableLink,
  reader: ExactReader,
  options: PrefaceOptions,
): Promise<PrefaceResult> {
  const own = makeHello(options)
  stream.write(own.bytes)
  const theirs = await reader.read(HELLO_BYTES)
  const peer = theirs && decodeHello(theirs)
  if (!peer) return FAILED
  if (peer.id === own.self.identity.id) return { outcome: 'self' }
  options.onhello?.(peer)
  const wanted = options.wanted?.(peer) ?? true
  if (!wanted) return { outcome: 'unwanted', peer }
  const hellos = { dialler: own.bytes, acceptor: theirs }
  const shown = await readTopics(reader, peer, hellos, options)
  if (!shown) return FAILED
  stream.write(ownTopics(own.self, hellos, options))
  return compare(own.self, shown, hellos, peer)
}

async function accept(
  stream: ReadableLink,
  reader: ExactReader,
  options: PrefaceOptions,
): Promise<PrefaceResult> {
  const theirs = await reader.read(HELLO_BYTES)
  const peer = theirs && decodeHello(theirs)
  if (!peer) return FAILED
  const own = makeHello(options)
  if (peer.id === own.self.identity.id) {
    // Answered, so that the dialling half learns that it dialled itself.
    stream.write(own.bytes)
    return { outcome: 'self' }
  }
  options.onhello?.(peer)
  const hellos = { dialler: theirs, acceptor: own.bytes }
  stream.write(Buffer.concat([own.bytes, ownTopics(own.self, hellos, options)]))
  const shown = await readTopics(reader, peer, hellos, options)
  if (!shown) return FAILED
  return compare(own.self, shown, hellos, peer)
}

function makeHello(options: PrefaceOptions): { bytes: Buffer; self: PrefaceSelf } {
  const self = options.self()
  const bytes = encodeHello({
    key: self.identity.key,
    nonce: options.random.bytes(NONCE_BYTES),
    port: self.port,
    generation: self.generation,
  })
  return { bytes, self }
}

function ownTopics(self: PrefaceSelf, hellos: Hellos, options: PrefaceOptions): Buffer {
  const { medium, side, random } = options
  const bound = transcript(medium, side, hellos)
  const hashes = self.topics.slice(-MAX_TOPICS).map((topic) => topicHash(topic, bound))
  return encodeTopics(hashes, self.identity.sign(bound), random)
}

interface Shown {
  readonly hashes: ReadonlySet<string>
  readonly bound: Buffer
}

async function readTopics(
  reader: ExactReader,
  peer: Hello,
  hellos: Hellos,
  { medium, side }: PrefaceOptions,
): Promise<Shown | undefined> {
  const count = await reader.read(1)
  const length = count && topicsBytes(count.readUInt8(0))
  const body = length && (await reader.read(length))
  const topics = body && decodeTopics(body)
  if (!topics) return undefined
  const bound = transcript(medium, side === 'dialler' ? 'acceptor' : 'dialler', hellos)
  if (!isSignedBy(peer.key, bound, topics.signature)) return undefined
  return { hashes: topics.hashes, bound }
}

function compare(self: PrefaceSelf, shown: Shown, hellos: Hellos, peer: Hello): PrefaceResult {
  const { hashes, bound } = shown
  const ownTopics = self.topics.slice(-MAX_TOPICS)
  const meeting = self.meeting ?? ownTopics
  const common = meeting.some((topic) => hashes.has(topicHash(topic, bound)))
  const name = createHash('sha256').update(hellos.dialler).update(hellos.acceptor).digest()
  return {
    outcome: common ? 'common' : 'stranger',
    peer,
    generation: self.generation,
    proof: { own: self.identity.id, ownTopics, shown: hashes, bound, name },
  }
}
