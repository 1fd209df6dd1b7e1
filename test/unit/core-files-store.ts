import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Envelope } from '../../core/crypto/envelope.ts'
import { SEAL, chunkCount, plainLength } from '../../core/files/descriptor.ts'
import { ItemStore } from '../../core/files/store/item-store.ts'
import type { ItemStoreOptions } from '../../core/files/store/item-store.ts'
import type { StoredItem } from '../../core/files/store/stored-item.ts'
import { inlineWork } from '../../core/files/work/inline-work.ts'
import { silentLogger } from '../../core/logger.ts'
import { seededRandom, systemRandom } from '../../core/random.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const SECRET = Buffer.alloc(32, 1)

/** Stores and directories of one test. */
export class StoreBench {
  readonly root: string
  readonly clock = new VirtualClock()
  readonly #stores: ItemStore[] = []

  private constructor(root: string) {
    this.root = root
  }

  static async open(): Promise<StoreBench> {
    return new StoreBench(await mkdtemp(join(tmpdir(), 'porchlight-store-')))
  }

  dir(name: string): string {
    return join(this.root, name)
  }

  /** The store of a device; opened again it is the same device. */
  async store(name: string, options: Partial<ItemStoreOptions> = {}): Promise<ItemStore> {
    const store = await ItemStore.open({
      dir: this.dir(name),
      data: this.dir(name),
      envelope: new Envelope(SECRET, 'files', systemRandom),
      work: inlineWork(),
      clock: this.clock,
      random: systemRandom,
      logger: silentLogger,
      space: () => Promise.resolve(),
      ...options,
    })
    this.#stores.push(store)
    return store
  }

  async close(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()))
    await rm(this.root, { recursive: true, force: true })
  }
}

/** Bytes that look random and are the same for a seed. */
export function someBytes(length: number, seed = 1): Buffer {
  const block = seededRandom(seed).bytes(Math.min(length, 65_537))
  return Buffer.alloc(length, block)
}

/** Carries what `to` lacks of `from`, the manifest first, by what is usable. Returns how many chunks went over. */
export async function carry(from: StoredItem, to: StoredItem, only?: number[]): Promise<number> {
  if (!to.manifest) await to.takeManifest(from.manifest!)
  let carried = 0
  const chunks = only ?? Array.from({ length: chunkCount(to.descriptor) }, (_, n) => n)
  for (const index of chunks) {
    if (to.have.has(index) || index >= to.usable) continue
    const chunk = await from.read(index)
    if (typeof chunk === 'string') throw new Error(chunk)
    const buffer = to.buffer(plainLength(to.descriptor, index) + SEAL)
    chunk.bytes.copy(buffer)
    chunk.release()
    if (!(await to.write(index, buffer))) throw new Error('refused')
    carried++
  }
  return carried
}
