import { lstat, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import { SEAL, chunkCount, plainLength } from '../descriptor.ts'
import type { Piece } from '../work/chunk-work.ts'
import { ArrivingItem } from './arriving-item.ts'
import { allocated } from './item-files.ts'
import { makeDirectory, makeFile } from './put-in-place.ts'

/** An item that is held for others: its sealed chunks as they came, one after another, and no key. */
export class HeldItem extends ArrivingItem {
  readonly kind = 'held'

  async diskBytes(): Promise<number> {
    return (await allocated(this.place)) + (await this.files.diskBytes())
  }

  moveTo(): Promise<string> {
    return Promise.reject(
      new PorchlightError('NOT_ALLOWED', 'This file is held for others and can not be read here.'),
    )
  }

  protected layout(): null {
    return null
  }

  protected pieces(index: number): Piece[] {
    const at = index * (this.descriptor.chunk + SEAL)
    return [{ path: this.place, at, length: plainLength(this.descriptor, index) + SEAL }]
  }

  protected async layPlace(): Promise<void> {
    this.record.place = join('held', this.files.rootHex)
    await makeDirectory(dirname(this.place), 0o700)
    await rm(this.place, { force: true })
    await makeFile(this.place, this.#size, 0o600)
    this.record.laid = true
  }

  protected async placeStands(): Promise<boolean> {
    const stats = await lstat(this.place).catch(() => null)
    return (stats?.isFile() ?? false) && stats!.size === this.#size
  }

  protected loadLayout(): Promise<void> {
    return Promise.resolve()
  }

  protected learn(): Promise<void> {
    return Promise.resolve()
  }

  protected settle(): Promise<void> {
    this.setComplete(true)
    return Promise.resolve()
  }

  protected async removePlace(): Promise<void> {
    await rm(this.place, { force: true })
  }

  protected mendable(): boolean {
    return true
  }

  get #size(): number {
    return this.descriptor.size + chunkCount(this.descriptor) * SEAL
  }
}
