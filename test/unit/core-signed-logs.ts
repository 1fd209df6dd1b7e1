import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Corestore from 'corestore'
import type Hypercore from 'hypercore'
import type { LogRange, TreeNode } from '../../core/mirror/copy.ts'
import { logKey, logManifest } from '../../core/control/statement.ts'
import { hash } from '../../core/crypto/hash.ts'
import { rootsAfter } from '../../core/mirror/range/frontier.ts'
import { encodeManifest } from '../../core/mirror/range/prove.ts'
import { pairOf } from './core-people.ts'

/** A block that is the same in every run. */
export function blockOf(name: string, seq: number, size = 40): Buffer {
  const seed = hash([Buffer.from(`${name} ${seq}`)], { size: 64 })
  return Buffer.concat(Array.from({ length: Math.ceil(size / 64) }, () => seed)).subarray(0, size)
}

/** A log as its author's device has it, with its signature at every length. */
export class SignedLog {
  readonly name: string
  readonly key: Buffer
  readonly manifest: Buffer
  readonly core: Hypercore
  readonly blocks: Buffer[] = []
  readonly signatures: Buffer[] = []

  constructor(name: string, core: Hypercore) {
    const { publicKey } = pairOf(name)
    this.name = name
    this.core = core
    this.key = logKey(publicKey)
    this.manifest = encodeManifest(logManifest(publicKey))
  }

  /** Appends blocks; signatures are known at every length. */
  async grow(...sizes: number[]): Promise<void> {
    for (const size of sizes) {
      const block = blockOf(this.name, this.blocks.length, size)
      await this.core.append(block)
      this.blocks.push(block)
      this.signatures.push(Buffer.from(this.core.core.state.signature!))
    }
  }

  /** Blocks [from, to) as a range. */
  range(from: number, to = this.blocks.length): LogRange {
    return {
      key: this.key,
      manifest: this.manifest,
      from,
      roots: this.roots(from),
      blocks: this.blocks.slice(from, to),
      signature: this.signatures[to - 1]!,
    }
  }

  roots(length: number): TreeNode[] {
    return rootsAfter(0, [], this.blocks.slice(0, length))
  }
}

/** Real logs in a store on disk. */
export class SignedLogs {
  readonly #dir: string
  readonly #stores: Corestore[] = []

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async open(): Promise<SignedLogs> {
    return new SignedLogs(await mkdtemp(join(tmpdir(), 'porchlight-signed-')))
  }

  async author(name: string, ...sizes: number[]): Promise<SignedLog> {
    const core = this.store().get({ keyPair: pairOf(name), active: false })
    await core.ready()
    const log = new SignedLog(name, core)
    await log.grow(...sizes)
    return log
  }

  /** An empty store of its own. */
  store(): Corestore {
    const store = new Corestore(join(this.#dir, `${this.#stores.length}`))
    this.#stores.push(store)
    return store
  }

  async close(): Promise<void> {
    for (const store of this.#stores) await store.close()
    await rm(this.#dir, { recursive: true, force: true })
  }
}
