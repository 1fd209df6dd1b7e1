import { lstat, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import { plainLength } from '../descriptor.ts'
import type { Unreadable } from '../held.ts'
import type { Piece } from '../work/chunk-work.ts'
import { ArrivingItem } from './arriving-item.ts'
import { directoriesOf, filesStand, giveBehind, makeFiles, readTable } from './folder-files.ts'
import { damaged, notPut } from './item-errors.ts'
import { allocated } from './item-files.ts'
import { Layout } from './layout.ts'
import { isMarked, markOf } from './place-mark.ts'
import {
  copyNew,
  giveName,
  makeDirectory,
  makeFile,
  makeNewDirectory,
  makePart,
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
    return this.layout() ? this.have.length : this.#tableChunks
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
      return this.gate.alone(async () => {
        try {
          await this.#putAt(target)
        } catch (error) {
          throw notPut(error, target)
        }
        this.setOutError(null)
        return target
      })
    }
    if (!record.own) {
      throw new PorchlightError(
        'NOT_ALLOWED',
        `This file is being fetched to ${record.out}. That goes on; copy it once it is there.`,
      )
    }
    record.out = target
    this.setOutError(null)
    await this.files.saveRecord(record)
    return target
  }

  protected layout(): Layout | null {
    if (this.#layout === undefined) {
      const { name, size, contents } = this.record
      this.#layout = contents === 0 ? new Layout([{ path: name, size, local: '' }]) : null
      if (this.record.complete) this.#layout ??= this.#readLayout()
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
    const isFile = record.contents === 0
    if (record.own) {
      await rm(this.#home, { recursive: true, force: true })
      await makeDirectory(this.#home, 0o700)
      record.becoming = relative(files.context.dir, join(this.#home, record.name))
      record.place = partOf(record.becoming)
    } else {
      record.becoming = record.out
      record.place = ''
    }
    const make = (place: string): Promise<void> =>
      isFile
        ? makeFile(place, record.size, record.own ? 0o600 : 0o644)
        : makeNewDirectory(place, record.own ? 0o700 : 0o755)
    if (record.own) await make(this.place)
    else record.place = await makePart(record.out, files.id, make)
    record.mark = await markOf(this.place)
    record.laid = isFile
    if (isFile) return
    this.#layout = null
    await rm(files.contentsPath, { force: true })
    await makeFile(files.contentsPath, record.contents, 0o600)
  }

  protected async placeStands(): Promise<boolean> {
    const { record } = this
    if (await this.#standsAt(this.place)) {
      // What somebody else put there in the meantime is not written to.
      const isOurs = record.own || record.complete || (await isMarked(this.place, record.mark))
      if (isOurs) return true
    }
    // It was given its name, or moved, just before the end of an earlier run.
    for (const became of [
      { own: record.own, place: record.becoming },
      { own: false, place: record.out },
    ]) {
      const path = became.place === '' ? '' : this.files.absolute(became)
      if (path === '' || !(await isMarked(path, record.mark))) continue
      if (!(await this.#standsAt(path))) continue
      Object.assign(record, became)
      return true
    }
    return false
  }

  protected override async allStands(): Promise<boolean> {
    const { complete } = this.record
    return (await this.placeStands()) && filesStand(this.place, this.layout(), complete)
  }

  protected async loadLayout(): Promise<void> {
    if (this.record.contents === 0 || this.layout()) return
    if (this.record.laid) {
      // Known by its sum, whatever of its chunks is to be had again: what is behind the table is then read from the files.
      this.#layout = this.#readLayout()
      if (this.#layout) return
      this.#forgetTable()
      await this.files.saveRecord(this.record)
    }
    if (this.#contentsAreHere()) await this.gate.run(() => this.#layOut())
  }

  protected async learn(): Promise<void> {
    if (!this.layout()) await this.loadLayout()
  }

  /** The last chunk of a table: the bytes behind it are yet to be given to the files. */
  protected override passing(): number | null {
    const { contents, laid } = this.record
    return laid || contents % this.descriptor.chunk === 0 ? null : this.#tableChunks - 1
  }

  protected async settle(): Promise<void> {
    const { record, files } = this
    if (record.contents > 0 && !(await filesStand(this.place, this.layout(), true))) {
      return this.lose('changed')
    }
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
    if (record.own && record.out !== '') await this.#putWhereWanted(record.out)
    this.setComplete(true)
  }

  protected async removePlace(): Promise<void> {
    const { record } = this
    if (record.own) await rm(this.#home, { recursive: true, force: true })
    // Elsewhere, what has its name is a person's, and so is what others put in its place.
    else if (!record.lost && record.place !== record.becoming) {
      if (!(await isMarked(this.place, record.mark))) return
      await rm(this.place, { recursive: true, force: true })
    }
  }

  protected mendable(): boolean {
    return this.record.own || !this.complete
  }

  protected override unreadable(why: Unreadable, index: number): void {
    // Of a folder that is laid out nothing can be read without its table.
    if (this.record.contents > 0 && this.record.laid && !this.layout()) this.#forgetTable()
    super.unreadable(why, index)
  }

  protected override *directories(): Iterable<string> {
    yield* super.directories()
    if (this.record.contents === 0) return
    yield* directoriesOf(this.place, this.layout())
  }

  get #tableChunks(): number {
    return Math.ceil(this.record.contents / this.descriptor.chunk)
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
    for (let index = 0; index < this.#tableChunks; index++) {
      if (!this.have.has(index)) return false
    }
    return true
  }

  /** Its table is not what was laid out: it is had again, and laid out again. */
  #forgetTable(): void {
    for (let index = 0; index < this.#tableChunks; index++) this.have.clear(index)
    this.record.laid = false
  }

  /** The layout of a folder that is laid out; null when its table rotted. */
  #readLayout(): Layout | null {
    const { record, files } = this
    const read = readTable(files.contentsPath, record)
    return read?.sum === record.table ? read.layout : null
  }

  /** Makes the folder's files as soon as it is known which, and gives them what arrived behind the table. */
  #layOut(): Promise<void> {
    this.#laying ??= this.#makeFiles().finally(() => (this.#laying = null))
    return this.#laying
  }

  async #makeFiles(): Promise<void> {
    const { record, files, place } = this
    if (record.laid) return
    const read = readTable(files.contentsPath, record)
    if (!read || (record.files > 0 && read.layout.entries.length !== record.files)) {
      this.setProblem('damaged')
      throw damaged()
    }
    const { layout, sum } = read
    await makeFiles(place, layout, record.own)
    const end = Math.min(record.size, this.#tableChunks * record.chunk)
    const table = { path: files.contentsPath, contents: record.contents }
    this.checkpoints.wroteTo(await giveBehind(place, layout, table, end))
    Object.assign(record, { laid: true, table: sum })
    await files.saveRecord(record)
    this.#layout = layout
  }

  /** What can not go there is complete where it is. */
  async #putWhereWanted(target: string): Promise<void> {
    const { record, files } = this
    try {
      await this.#putAt(target)
    } catch (error) {
      const known = notPut(error, target)
      // It stands there already, or goes there once there is space.
      if (!record.own || known.code === 'DISK_FULL') throw error
      record.out = ''
      await files.saveRecord(record)
      this.setOutError(known)
    }
  }

  async #putAt(target: string): Promise<void> {
    const { record, files } = this
    if (!record.own) {
      // What a person put somewhere before is theirs: it stays there too.
      await copyNew(this.place, target, files.id)
      const mark = await markOf(target)
      Object.assign(record, { out: target, place: target, becoming: target, mark })
      return files.saveRecord(record)
    }
    record.out = target
    await files.saveRecord(record)
    await openToPerson(this.place)
    await moveNew(this.place, target, files.id)
    const mark = await markOf(target)
    Object.assign(record, { own: false, place: target, becoming: target, mark })
    await files.saveRecord(record)
    await rm(this.#home, { recursive: true, force: true })
  }
}
