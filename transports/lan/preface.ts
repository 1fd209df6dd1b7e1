/** Carries out the preface of preface-codec.ts on a fresh TCP connection, within bounded bytes and time. */
import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { ExactReader } from './exact-reader.ts'
import { isSignedBy } from './instance-identity.ts'
import type { InstanceIdentity } from './instance-identity.ts'
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
import type { Hello, Side } from './preface-codec.ts'

export const PREFACE_MS = 3_000
const LINGER_MS = 500

/** What this side says of itself; read at the moment it is said. */
export interface PrefaceSelf {
  readonly identity: InstanceIdentity
  readonly port: number
  readonly generation: number
  readonly topics: readonly Uint8Array[]
}

export interface PrefaceOptions {
  readonly clock: Clock
  readonly random: Random
  readonly self: () => PrefaceSelf
  readonly side: Side
  /** The dialler may stop at the peer's hello, when it has a link to that instance already. */
  readonly wanted?: (peer: Hello) => boolean
}

/**
 * How a preface ended. `common`: the connection is a link. `stranger`: proven, but no topic in common.
 * `unwanted`: the dialler lost interest. `self`: this very instance. `failed`: anything else.
 */
export type PrefaceResult =
  | { readonly outcome: 'common' | 'stranger'; readonly peer: Hello; readonly generation: number }
  | { readonly outcome: 'unwanted'; readonly peer: Hello }
  | { readonly outcome: 'self' | 'failed' }

const FAILED: PrefaceResult = { outcome: 'failed' }

/** Never rejects. The socket is destroyed unless the outcome is `common`. */
export async function runPreface(socket: Socket, options: PrefaceOptions): Promise<PrefaceResult> {
  const reader = new ExactReader(socket)
  const timer = options.clock.after(PREFACE_MS, () => socket.destroy())
  let result: PrefaceResult
  try {
    result = await (options.side === 'dialler'
      ? dial(socket, reader, options)
      : accept(socket, reader, options))
  } finally {
    timer.cancel()
    await reader.release()
  }
  if (socket.destroyed) return result.outcome === 'common' ? FAILED : result
  if (result.outcome === 'stranger' || result.outcome === 'self')
    await finish(socket, options.clock)
  else if (result.outcome !== 'common') socket.destroy()
  return result
}

/** Lets the peer read what was said last, then closes; leaves it no more than a moment for that. */
function finish(socket: Socket, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(LINGER_MS, () => socket.destroy())
    socket.once('close', () => {
      timer.cancel()
      resolve()
    })
    socket.resume().end()
  })
}

async function dial(
  socket: Socket,
  reader: ExactReader,
  options: PrefaceOptions,
): Promise<PrefaceResult> {
  const own = makeHello(options)
  socket.write(own.bytes)
  const theirs = await reader.read(HELLO_BYTES)
  const peer = theirs && decodeHello(theirs)
  if (!peer) return FAILED
  if (peer.id === own.self.identity.id) return { outcome: 'self' }
  const wanted = options.wanted?.(peer) ?? true
  if (!wanted) return { outcome: 'unwanted', peer }
  const toSign = { dialler: own.bytes, acceptor: theirs }
  const shown = await readTopics(reader, peer, 'acceptor', toSign)
  if (!shown) return FAILED
  socket.write(ownTopics(own.self, 'dialler', toSign, options.random))
  return compare(own.self, shown, 'acceptor', toSign, peer)
}

async function accept(
  socket: Socket,
  reader: ExactReader,
  options: PrefaceOptions,
): Promise<PrefaceResult> {
  const theirs = await reader.read(HELLO_BYTES)
  const peer = theirs && decodeHello(theirs)
  if (!peer) return FAILED
  const own = makeHello(options)
  if (peer.id === own.self.identity.id) {
    // Answered, so that the dialling half learns that it dialled itself.
    socket.write(own.bytes)
    return { outcome: 'self' }
  }
  const toSign = { dialler: theirs, acceptor: own.bytes }
  socket.write(Buffer.concat([own.bytes, ownTopics(own.self, 'acceptor', toSign, options.random)]))
  const shown = await readTopics(reader, peer, 'dialler', toSign)
  if (!shown) return FAILED
  return compare(own.self, shown, 'dialler', toSign, peer)
}

interface Hellos {
  readonly dialler: Uint8Array
  readonly acceptor: Uint8Array
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

function ownTopics(self: PrefaceSelf, side: Side, hellos: Hellos, random: Random): Buffer {
  const bound = transcript(side, hellos.dialler, hellos.acceptor)
  const hashes = self.topics.slice(-MAX_TOPICS).map((topic) => topicHash(topic, bound))
  return encodeTopics(hashes, self.identity.sign(bound), random)
}

async function readTopics(
  reader: ExactReader,
  peer: Hello,
  side: Side,
  hellos: Hellos,
): Promise<ReadonlySet<string> | undefined> {
  const count = await reader.read(1)
  const length = count && topicsBytes(count.readUInt8(0))
  const body = length && (await reader.read(length))
  const topics = body && decodeTopics(body)
  if (!topics) return undefined
  const bound = transcript(side, hellos.dialler, hellos.acceptor)
  return isSignedBy(peer.key, bound, topics.signature) ? topics.hashes : undefined
}

function compare(
  self: PrefaceSelf,
  shown: ReadonlySet<string>,
  side: Side,
  hellos: Hellos,
  peer: Hello,
): PrefaceResult {
  const bound = transcript(side, hellos.dialler, hellos.acceptor)
  const common = self.topics.slice(-MAX_TOPICS).some((topic) => shown.has(topicHash(topic, bound)))
  return { outcome: common ? 'common' : 'stranger', peer, generation: self.generation }
}
