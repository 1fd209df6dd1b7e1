/**
 * What two devices say first on a connection nearby, to learn whether they have a topic in common
 * without naming one:
 *
 *   dialler  → hello
 *   acceptor → hello, topics
 *   dialler  → topics
 *
 * hello (64 bytes): magic (4), version (1), topics generation (1), TCP listen port (2), nonce (16),
 * instance key (32), zeros (8).
 * topics: count (1), count × 16 bytes, signature (64) of both hellos by the instance key.
 */
import { createHmac } from 'node:crypto'
import type { Random } from '../../core/random.ts'
import { KEY_BYTES, SIGNATURE_BYTES, idOfKey } from './instance-identity.ts'
import type { InstanceId } from './instance-identity.ts'

export const HELLO_BYTES = 64
export const NONCE_BYTES = 16
const HASH_BYTES = 16
/** Topics that a side may show; the newest are shown. */
export const MAX_TOPICS = 64
/** The count shown is rounded up to a multiple of this, so that it tells little. */
const PAD_TO = 8
const MAGIC = Buffer.from('PLtp', 'latin1')
const VERSION = 1

export interface Hello {
  readonly id: InstanceId
  readonly key: Buffer
  readonly nonce: Buffer
  /** TCP port the sender accepts links on; 0 when it accepts none, as on a radio. */
  readonly port: number
  readonly generation: number
}

/** Which side of the connection said something: a hash of one side is worthless as the other's. */
export type Side = 'dialler' | 'acceptor'

/** What the connection runs over: a hash on one is worthless on the other. */
export type Medium = 'lan' | 'ble'

export function encodeHello(hello: Omit<Hello, 'id'>): Buffer {
  const out = Buffer.alloc(HELLO_BYTES)
  MAGIC.copy(out)
  out[4] = VERSION
  out[5] = hello.generation & 0xff
  out.writeUInt16BE(hello.port, 6)
  hello.nonce.copy(out, 8, 0, NONCE_BYTES)
  hello.key.copy(out, 24, 0, KEY_BYTES)
  return out
}

/** Undefined for whatever is not a hello; a later version keeps this layout. */
export function decodeHello(data: Uint8Array): Hello | undefined {
  if (data.length !== HELLO_BYTES) return undefined
  const bytes = Buffer.from(data)
  if (bytes.compare(MAGIC, 0, 4, 0, 4) !== 0 || bytes.readUInt8(4) < VERSION) return undefined
  const key = bytes.subarray(24, 24 + KEY_BYTES)
  return {
    id: idOfKey(key),
    key,
    nonce: bytes.subarray(8, 8 + NONCE_BYTES),
    port: bytes.readUInt16BE(6),
    generation: bytes.readUInt8(5),
  }
}

/** Both hellos of one preface, as they were sent. */
export interface Hellos {
  readonly dialler: Uint8Array
  readonly acceptor: Uint8Array
}

/** What a side signs, and what its topic hashes are bound to: both hellos, in order, and the side. */
export function transcript(medium: Medium, side: Side, hellos: Hellos): Buffer {
  const label = Buffer.from(`porchlight ${medium} preface 1 ${side}`)
  return Buffer.concat([label, hellos.dialler, hellos.acceptor])
}

/** A topic's name in one preface, hexadecimal. */
export function topicHash(topic: Uint8Array, bound: Uint8Array): string {
  const mac = createHmac('sha256', topic).update(bound).digest()
  return mac.toString('hex', 0, HASH_BYTES)
}

/** `hashes` (at most 64) padded with chance and sorted, then the signature. */
export function encodeTopics(
  hashes: readonly string[],
  signature: Uint8Array,
  random: Random,
): Buffer {
  const padded = Math.max(PAD_TO, Math.ceil(hashes.length / PAD_TO) * PAD_TO)
  const all = [...hashes]
  while (all.length < padded) all.push(random.bytes(HASH_BYTES).toString('hex'))
  return Buffer.concat([
    Buffer.from([padded]),
    ...all.sort().map((hash) => Buffer.from(hash, 'hex')),
    signature,
  ])
}

/** Bytes that follow the count; undefined when the count is out of bounds. */
export function topicsBytes(count: number): number | undefined {
  if (count < 1 || count > MAX_TOPICS) return undefined
  return count * HASH_BYTES + SIGNATURE_BYTES
}

/** Reads what follows the count; undefined when its length is wrong. */
export function decodeTopics(
  data: Uint8Array,
): { hashes: ReadonlySet<string>; signature: Buffer } | undefined {
  const bytes = Buffer.from(data)
  const room = bytes.length - SIGNATURE_BYTES
  if (room < HASH_BYTES || room % HASH_BYTES !== 0 || room > MAX_TOPICS * HASH_BYTES)
    return undefined
  const hashes = new Set<string>()
  for (let at = 0; at < room; at += HASH_BYTES)
    hashes.add(bytes.toString('hex', at, at + HASH_BYTES))
  return { hashes, signature: bytes.subarray(room) }
}
