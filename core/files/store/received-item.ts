import { constants, readFileSync } from 'node:fs'
import { lstat, open, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import { plainLength } from '../descriptor.ts'
import type { Piece } from '../work/chunk-work.ts'
import { ArrivingItem } from './arriving-item.ts'
import { decodeContents } from './contents.ts'
import { each } from './each.ts'
import { damaged } from './item-errors.ts'
import { allocated, disk } from './item-files.ts'
import { Layout } from './layout.ts'
import { readPieces, writePieces } from './piece-io.ts'
import {
  copyNew,
  giveName,
  makeDirectory,
  makeFile,
  moveNew,
  openToPerson,
  partOf,
  targetFor,
} from './put-in-place.ts'

/** An item that is fetched: its plain bytes are written straight to its place. */
export class ReceivedItem extends ArrivingItem {
  readonly kind = 'received'
  #layout: Layout | null | undefined
  #laying: Promise<void> | null = null

  override get usable(): number {
    return this.layout()
      ? this.have.length
      : Math.ceil(this.record.contents / this.descriptor.chunk)
  }

  async diskBytes(): Promise<number> {
    const own = this.record.own ? await allocated(dirname(this.place)) : 0
    return own + (this.record.own ? await this.files.diskBytes() : 0)
  }

  /**
   * Puts a complete item elsewhere, or says where it goes once it is. What stands at a place that a person chose before
   * stays there and is copied.
   */
  async moveTo(out: string): Promise<string> {
    this.assertOpen()
    const { record } = this
    const target = await targetFor(out, this.name)
    if (this.complete) {
      await this.settled()
      return this.gate.alone(() => disk(() => this.#putAt(target)))
    }
    if (!record.own) {
      throw new PorchlightError(
        'NOT_ALLOWED',
        `This file is being fetched to ${record.out}. That goes on; copy it once it is there.`,
      )
    }
    record.out = target
    await this.files.saveRecord(record)
    return target
  }

  protected layout(): Layout | null {
    if (this.#layout === undefined) {
      const { name, size, contents } = this.record
      this.#layout = contents === 0 ? new Layout([{ path: name, size, local: '' }]) : null
      if (this.complete) this.#layout ??= this.#readLayout()
    }
    return this.#layout
  }

  protected pieces(index: number): Piece[] {
    const start = index * this.descriptor.chunk
    const end = start + plainLength(this.descriptor, index)
    const layout = this.layout()
    if (layout) return layout.pieces(this.place, start, end)
    // Until it is known whose the bytes behind the table are, they wait there.
    return [{ path: this.files.contentsPath, at: start, length: end - start }]
  }

  protected async layPlace(): Promise<void> {
    const { record, files } = this
    if (record.own) {
      await rm(this.#home, { recursive: true, force: true })
      await makeDirectory(this.#home, 0o700)
      record.becoming = relative(files.context.dir, join(this.#home, record.name))
      record.place = partOf(record.becoming)
    } else {
      record.becoming = record.out
      record.place = await freePart(record.out, files.id)
    }
    record.laid = record.contents === 0
    if (record.laid) await makeFile(this.place, record.size, record.own ? 0o600 : 0o644)
    else {
      this.#layout = null
      await makeDirectory(this.place, record.own ? 0o700 : 0o755)
      await rm(files.contentsPath, { force: true })
      await makeFile(files.contentsPath, record.contents, 0o600)
    }
    record.inode = (await inodeOf(this.place)) ?? ''
  }

  protected async placeStands(): Promise<boolean> {
    const { record } = this
    if (await this.#standsAt(this.place)) return true
    // It was given its name, or moved, just before the end of an earlier run.
    for (const became of [
      { own: record.own, place: record.becoming },
      { own: false, place: record.out },
    ]) {
      const path = became.place === '' ? '' : this.files.absolute(became)
      if (path === '' || (await inodeOf(path)) !== record.inode) continue
      if (!(await this.#standsAt(path))) continue
      Object.assign(record, became)
      return true
    }
    return false
  }

  protected async loadLayout(): Promise<void> {
    if (this.record.contents === 0 || !this.#contentsAreHere()) return
    if (this.record.laid) this.#layout = this.#readLayout()
    else await this.gate.run(() => this.#layOut())
  }

  protected async learn(): Promise<void> {
    if (!this.layout()) await this.loadLayout()
  }

  protected async settle(): Promise<void> {
    const { record, files } = this
    if (record.contents > 0 && !(await this.#filesStand())) return this.lose()
    if (record.place !== record.becoming) {
      const { own } = record
      const part = this.place
      const wanted = files.absolute({ own, place: record.becoming })
      const named = await giveName(part, wanted, async (name) => {
        if (name === wanted) return
        record.becoming = own ? relative(files.context.dir, name) : name
        await files.saveRecord(record)
      })
      record.place = own ? relative(files.context.dir, named) : named
    }
    if (record.own && record.out !== '') await this.#putAt(record.out)
    this.setComplete(true)
  }

  protected async removePlace(): Promise<void> {
    const { record } = this
    if (record.own) await rm(this.#home, { recursive: true, force: true })
    else if (!this.complete && this.problem !== 'lost-here') {
      await rm(this.place, { recursive: true, force: true })
    }
  }

  protected mendable(): boolean {
    return this.record.own || !this.complete
  }

  protected override *directories(): Iterable<string> {
    yield* super.directories()
    if (this.record.contents === 0) return
    yield* new Set(
      (this.layout()?.entries ?? []).map(({ local }) => dirname(join(this.place, local))),
    )
  }

  get #home(): string {
    return join(this.files.context.dir, 'received', this.files.id)
  }

  async #standsAt(path: string): Promise<boolean> {
    const stats = await lstat(path).catch(() => null)
    if (this.record.contents > 0) return stats?.isDirectory() ?? false
    return (stats?.isFile() ?? false) && stats!.size === this.descriptor.size
  }

  #contentsAreHere(): boolean {
    const chunks = Math.ceil(this.record.contents / this.descriptor.chunk)
    for (let index = 0; index < chunks; index++) if (!this.have.has(index)) return false
    return true
  }

  #readLayout(): Layout | null {
    const { contents, size } = this.record
    const path = this.files.contentsPath
    try {
      const bytes = readFileSync(path).subarray(0, contents)
      const entries = bytes.byteLength === contents ? decodeContents(bytes, size - contents) : null
      if (!entries) return null
      const laid = entries.map((entry) => ({ ...entry, local: entry.path }))
      return new Layout(laid, { length: contents, at: { path } })
    } catch {
      return null
    }
  }

  /** Makes the folder's files as soon as it is known which, and gives them what arrived behind the table. */
  #layOut(): Promise<void> {
    this.#laying ??= this.#makeFiles().finally(() => (this.#laying = null))
    return this.#laying
  }

  async #makeFiles(): Promise<void> {
    const { record, files } = this
    if (record.laid) return
    const layout = this.#readLayout()
    if (!layout || (record.files > 0 && layout.entries.length !== record.files)) {
      this.setProblem('damaged')
      throw damaged()
    }
    const mode = record.own ? 0o700 : 0o755
    const directories = new Set(
      layout.entries.map((entry) => dirname(join(this.place, entry.local))),
    )
    for (const directory of directories) await makeDirectory(directory, mode)
    await each(layout.entries, async ({ local }) => {
      const file = await open(join(this.place, local), OPEN_NEW, record.own ? 0o600 : 0o644)
      await file.close()
    })
    const { chunk, size } = this.descriptor
    const arrived = Math.min(size, Math.ceil(record.contents / chunk) * chunk)
    if (arrived > record.contents) {
      const length = arrived - record.contents
      const waiting = [{ path: files.contentsPath, at: record.contents, length }]
      const behind = await readPieces(waiting, length)
      const pieces = layout.pieces(this.place, record.contents, arrived)
      await writePieces(pieces, behind)
      this.wroteTo(pieces)
    }
    record.laid = true
    await files.saveRecord(record)
    this.#layout = layout
  }

  async #filesStand(): Promise<boolean> {
    let stand = true
    await each(this.layout()?.entries ?? [], async ({ local, size }) => {
      const stats = await lstat(join(this.place, local)).catch(() => null)
      if (!stats?.isFile() || stats.size !== size) stand = false
    })
    return stand
  }

  async #putAt(target: string): Promise<string> {
    const { record, files } = this
    if (!record.own) {
      // What a person put somewhere before is theirs: it stays there too.
      await copyNew(this.place, target)
      const inode = (await inodeOf(target)) ?? ''
      Object.assign(record, { out: target, place: target, becoming: target, inode })
      await files.saveRecord(record)
      return target
    }
    record.out = target
    await files.saveRecord(record)
    await openToPerson(this.place)
    await moveNew(this.place, target)
    const inode = (await inodeOf(target)) ?? ''
    Object.assign(record, { own: false, place: target, becoming: target, inode })
    await files.saveRecord(record)
    await rm(this.#home, { recursive: true, force: true })
    return target
  }
}

/** One that is there already came of an earlier try. */
const OPEN_NEW =
  constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

async function inodeOf(path: string): Promise<string | null> {
  const stats = await lstat(path, { bigint: true }).catch(() => null)
  return stats && String(stats.ino)
}

async function freePart(out: string, id: string): Promise<string> {
  const part = partOf(out)
  const taken = await lstat(part).catch(() => null)
  return taken ? partOf(out, `.${id.slice(0, 8)}`) : part
}
