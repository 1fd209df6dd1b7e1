import { EventEmitter } from 'node:events'
import sodium from 'sodium-native'
import { hash } from '../../core/crypto/hash.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { FileReason } from '../../core/files/api.ts'
import { Bitfield } from '../../core/files/bitfield.ts'
import { chunkCount, plainLength, SEAL } from '../../core/files/descriptor.ts'
import type { Descriptor } from '../../core/files/descriptor.ts'
import type { Held, HeldEvents, SealedChunk, Unreadable } from '../../core/files/held.ts'

/** An item in memory: really sealed, and checked by its hashes. */
export class MemoryHeld extends EventEmitter<HeldEvents> implements Held {
  readonly descriptor: Descriptor
  readonly have: Bitfield
  readonly chunks = new Map<number, Buffer>()
  manifest: Buffer | null = null
  /** Chunks below this can be written. */
  usable: number
  /** What reading finds. */
  broken: Unreadable | null = null
  problem: FileReason | null = null
  full = false
  /** Bits are flipped in what is given out of these. */
  readonly wrong = new Set<number>()
  /** Bytes of buffers that were handed out and did not come back. */
  buffers = 0
  mostBuffers = 0
  reads = 0
  /** Sealed chunks that were read and not released. */
  open = 0
  mostOpen = 0
  /** How often each chunk was written. */
  readonly written = new Map<number, number>()
  /** Resolves when a read may answer. */
  reading: () => Promise<void> = () => Promise.resolve()
  writing: () => Promise<void> = () => Promise.resolve()

  private constructor(descriptor: Descriptor) {
    super()
    this.descriptor = descriptor
    this.have = new Bitfield(chunkCount(descriptor))
    this.usable = this.have.length
  }

  /** One that has all, of random-looking bytes. */
  static whole(size: number, chunk = 64 * 1024, seed = 1): MemoryHeld {
    const key = Buffer.alloc(32, seed)
    const sealed: Buffer[] = []
    for (let index = 0; index < Math.ceil(size / chunk); index++) {
      const plain = Buffer.alloc(plainLength({ size, chunk }, index), index + seed)
      plain.writeUInt32LE(index, 0)
      const nonce = Buffer.alloc(24)
      nonce.writeUInt32LE(index, 0)
      const out = Buffer.allocUnsafeSlow(plain.byteLength + SEAL)
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        out,
        plain,
        Buffer.alloc(0),
        null,
        nonce,
        key,
      )
      sealed.push(out)
    }
    const manifest = Buffer.concat(sealed.map((bytes) => hash([bytes])))
    const held = new MemoryHeld({ root: rootOf(size, chunk, manifest), size, chunk })
    held.manifest = manifest
    for (const [index, bytes] of sealed.entries()) {
      held.chunks.set(index, bytes)
      held.have.set(index)
    }
    return held
  }

  /** An item of which nothing is known but its root. */
  static unknown(seed: number, chunks = 1): MemoryHeld {
    const chunk = 64 * 1024
    const root = hash([Buffer.from(`unknown ${seed}`)])
    return new MemoryHeld({ root, size: chunks * chunk, chunk })
  }

  /** The same item, of which nothing is here. */
  empty(): MemoryHeld {
    return new MemoryHeld(this.descriptor)
  }

  /** The same item, of which some chunks are here. */
  part(has: (index: number) => boolean): MemoryHeld {
    const held = this.empty()
    held.manifest = this.manifest
    for (const [index, bytes] of this.chunks) {
      if (has(index)) held.put(index, bytes)
    }
    return held
  }

  put(index: number, bytes: Buffer): void {
    this.chunks.set(index, bytes)
    if (this.have.set(index)) this.emit('gained', index)
  }

  lose(why: Unreadable | null): void {
    this.problem = why && `source-${why}`
    for (let index = 0; index < this.have.length; index++) this.have.clear(index)
    this.emit('lost')
  }

  get root(): string {
    return this.descriptor.root.toString('hex')
  }

  async takeManifest(manifest: Buffer): Promise<boolean> {
    const { root, size, chunk } = this.descriptor
    await this.writing()
    if (this.full) throw new PorchlightError('DISK_FULL', 'The disk is full.')
    if (!rootOf(size, chunk, manifest).equals(root)) return false
    this.manifest = Buffer.from(manifest)
    this.emit('manifest')
    return true
  }

  async read(index: number): Promise<SealedChunk | Unreadable> {
    this.reads++
    this.mostOpen = Math.max(this.mostOpen, ++this.open)
    await this.reading()
    if (this.broken) {
      this.open--
      const why = this.broken
      this.lose(why)
      return why
    }
    const bytes = Buffer.from(this.chunks.get(index)!)
    if (this.wrong.has(index)) bytes[0]! ^= 1
    return { bytes, release: () => void this.open-- }
  }

  async write(index: number, sealed: Buffer): Promise<boolean> {
    await this.writing()
    this.buffers -= sealed.byteLength
    if (sealed.byteOffset !== 0) throw new Error('not the whole of its ArrayBuffer')
    if (this.full) throw new PorchlightError('DISK_FULL', 'The disk is full.')
    const right = this.manifest!.subarray(index * 32, index * 32 + 32)
    if (!hash([sealed]).equals(right)) return false
    if (index >= this.usable) throw new PorchlightError('WAITING', 'Not yet.')
    this.written.set(index, (this.written.get(index) ?? 0) + 1)
    this.put(index, sealed)
    return true
  }

  buffer(bytes: number): Buffer {
    this.buffers += bytes
    this.mostBuffers = Math.max(this.mostBuffers, this.buffers)
    return Buffer.allocUnsafeSlow(bytes)
  }
}

function rootOf(size: number, chunk: number, manifest: Buffer): Buffer {
  const numbers = Buffer.alloc(16)
  numbers.writeBigUInt64LE(BigInt(size), 0)
  numbers.writeBigUInt64LE(BigInt(chunk), 8)
  return hash([Buffer.from('porchlight/manifest/1\0'), numbers, manifest])
}
