import { tree } from 'hypercore-crypto'
import caps from 'hypercore/lib/caps.js'
import Verifier from 'hypercore/lib/verifier.js'
import type { Manifest } from 'hypercore'
import { MAX_MANIFEST } from '../copy.ts'
import type { LogName, LogRange, TreeNode } from '../copy.ts'
import { MAX_LOG_LENGTH, rootIndexes, rootsAfter } from './frontier.ts'

/** A log that is signed at its end alone, as control logs are, goes as one: these are its bounds. */
export const MAX_WHOLE_BYTES = 32 * 1024 * 1024
export const MAX_WHOLE_LENGTH = 16_384
/** Most bytes of a signature. */
export const MAX_SIGNATURE = 256
/** Most roots of a log. */
export const MAX_ROOTS = 30
/** Most bytes below one root. */
export const MAX_ROOT_SIZE = 2 ** 48

/** The bytes of a manifest as ranges carry it. */
export function encodeManifest(manifest: Manifest): Buffer {
  return Buffer.from(Verifier.encodeManifest(Verifier.createManifest(manifest)))
}

/**
 * The roots of the log behind a range that proves itself: of the log that its key and manifest name, signed by its
 * author, never cut back. Null for any other.
 */
export function proveRange(range: LogRange): TreeNode[] | null {
  const { from, roots, blocks, signature } = range
  if (!isBounded(range) || !fits(from, roots)) return null
  const verifier = verifierOf(range)
  if (!verifier) return null
  const after = rootsAfter(from, roots, blocks)
  const length = from + blocks.length
  const signable = (namespace: Buffer): Buffer =>
    caps.treeSignable(namespace, tree(after), length, 0)
  try {
    return verifier.verify({ length, signable }, signature) ? after : null
  } catch {
    // A signature of several parts that does not even decode.
    return null
  }
}

/** True when the manifest is one that we use, in its one encoding, and the key is its hash. */
export function isNamed(name: LogName): boolean {
  return verifierOf(name) !== null
}

/** Bytes of the blocks. */
export function sizeOf(blocks: readonly Buffer[]): number {
  let size = 0
  for (const block of blocks) size += block.byteLength
  return size
}

function isBounded({ from, blocks, signature }: LogRange): boolean {
  if (!Number.isSafeInteger(from) || from < 0 || from > MAX_LOG_LENGTH) return false
  if (blocks.length === 0 || blocks.length > MAX_WHOLE_LENGTH) return false
  if (from + blocks.length >= MAX_LOG_LENGTH || sizeOf(blocks) > MAX_WHOLE_BYTES) return false
  return signature.byteLength > 0 && signature.byteLength <= MAX_SIGNATURE
}

function fits(from: number, roots: readonly TreeNode[]): boolean {
  const indexes = rootIndexes(from)
  if (roots.length !== indexes.length) return false
  return roots.every(({ index, size, hash }, i) => {
    const whole = Number.isSafeInteger(size) && size >= 0 && size <= MAX_ROOT_SIZE
    return index === indexes[i] && whole && hash.byteLength === 32
  })
}

function verifierOf({ key, manifest }: LogName): Verifier | null {
  if (key.byteLength !== 32 || manifest.byteLength > MAX_MANIFEST) return null
  try {
    const decoded = Verifier.decodeManifest(manifest)
    const { version, allowPatch, quorum, signers, prologue } = decoded
    // Older versions sign without the log's name; patches and prologues no log of ours has.
    if (version < 1 || allowPatch || prologue || quorum < 1 || signers.length === 0) return null
    if (!Verifier.encodeManifest(decoded).equals(manifest)) return null
    return Verifier.manifestHash(decoded).equals(key) ? new Verifier(key, decoded) : null
  } catch {
    return null
  }
}
