import { readFileSync } from 'node:fs'
import { lstat, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Bitfield } from '../bitfield.ts'
import { chunkCount, plainLength } from '../descriptor.ts'
import type { Unreadable } from '../held.ts'
import type { Piece } from '../work/chunk-work.ts'
import { buildManifest } from './build-manifest.ts'
import { allocated, disk } from './item-files.ts'
import type { ItemFiles } from './item-files.ts'
import type { ItemRecord } from './item-record.ts'
import { Layout } from './layout.ts'
import { copyNew, targetFor } from './put-in-place.ts'
import type { SealTags } from './seal-tags.ts'
import { decodeListing } from './shared-listing.ts'
import { StoredItem } from './stored-item.ts'

/** An item that this device sends: read where it stands, each chunk compared with the manifest before it leaves. */
export class SharedItem extends StoredItem {
  readonly kind = 'shared'
  readonly have: Bitfield
  #layout: Layout | null

  /** `made`: what is known of one that was shared just now. */
  constructor(record: ItemRecord, files: ItemFiles, made?: { layout: Layout; tags: SealTags }) {
    super(record, files, made?.tags)
    this.#layout = made?.layout ?? null
    this.have = Bitfield.full(chunkCount(record))
  }

  /** Without its manifest nothing can be compared before it leaves: it is made again when somebody asks for the item. */
  load(): void {
    if (this.manifest) return
    for (let n = 0; n < this.have.length; n++) this.have.clear(n)
    this.setProblem('damaged')
  }

  takeManifest(): Promise<boolean> {
    return Promise.resolve(false)
  }

  write(): Promise<boolean> {
    return Promise.resolve(false)
  }

  async look(): Promise<void> {
    const stats = await lstat(this.place).catch(() => null)
    const fits = this.record.contents > 0 ? stats?.isDirectory() : stats?.isFile()
    if (!fits) return this.unreadable('gone')
    if (this.record.contents === 0 && stats!.size !== this.descriptor.size) {
      return this.unreadable('changed')
    }
    if (this.problem === 'damaged' && !(await this.#mend())) return
    // A disk that was taken out came back: each chunk is compared anew before it leaves.
    if (this.problem !== 'source-gone' && this.problem !== 'damaged') return
    for (let index = 0; index < this.have.length; index++) this.have.set(index)
    this.setProblem(null)
    this.emit('gained', 0)
  }

  retry(): Promise<void> {
    return this.look()
  }

  diskBytes(): Promise<number> {
    return this.record.own ? allocated(dirname(this.place)) : Promise.resolve(0)
  }

  /** Puts a copy there: what is offered stays where it is. */
  async moveTo(out: string): Promise<string> {
    this.assertOpen()
    const target = await targetFor(out, this.name)
    await disk(() => copyNew(this.place, target, this.files.id))
    return target
  }

  async discard(): Promise<void> {
    await this.close()
    await this.files.remove()
    if (this.record.own) await rm(dirname(this.place), { recursive: true, force: true })
  }

  protected layout(): Layout | null {
    this.#layout ??= this.#load()
    return this.#layout
  }

  protected pieces(index: number): Piece[] {
    const start = index * this.descriptor.chunk
    const end = start + plainLength(this.descriptor, index)
    return this.layout()?.pieces(this.place, start, end) ?? []
  }

  protected unreadable(why: Unreadable, index?: number): void {
    if (why === 'changed' && index !== undefined) this.have.clear(index)
    else for (let n = 0; n < this.have.length; n++) this.have.clear(n)
    this.setProblem(why === 'changed' ? 'source-changed' : 'source-gone')
    this.emit('lost')
  }

  /** Makes the manifest again of what stands there; false, with another problem or the same, when that can not be. */
  async #mend(): Promise<boolean> {
    const layout = this.layout()
    const { key, contents, root } = this.record
    if (!layout || !key) return false
    const { place } = this
    const { work } = this.files
    const { ref, manifest } = await buildManifest({ work, layout, place, key, contents }, {})
    if (ref.root.equals(root)) {
      await disk(() => this.files.putManifest(manifest))
      return true
    }
    this.unreadable('changed')
    return false
  }

  #load(): Layout | null {
    const { name, size, contents } = this.record
    if (contents === 0) return new Layout([{ path: name, size, local: '' }])
    try {
      const listing = this.files.context.envelope.open(readFileSync(this.files.contentsPath))
      return listing && decodeListing(listing, size)
    } catch {
      return null
    }
  }
}
