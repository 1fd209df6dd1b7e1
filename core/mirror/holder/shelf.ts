/** What a holder needs of the archive in which it keeps mirrors: types only. */
import type { Copy, LogRange, Stored } from '../copy.ts'

/** A mirror in the archive. */
export interface ShelfMirror extends Copy {
  /** `carry`: of strangers, which is not the holder's matter. */
  readonly kind: 'mirror' | 'carry'
  /** Bytes of all that is held of it. */
  readonly bytes: number
  /** The holder's own words of it. */
  about(): Promise<Buffer>
  /** Durable when it resolves. Errors: `TOO_LARGE`, `DISK_FULL`. */
  setAbout(about: Buffer): Promise<void>
  /** `admits` has a say once a range is known to prove itself, what it will take, and that nothing of its log is here. Errors: those of the disk. */
  store(
    range: LogRange,
    admits?: (range: LogRange, bytes: number, fresh: boolean) => boolean,
  ): Promise<Stored>
  dropNotes(statements: readonly Buffer[]): Promise<void>
  /** Deletes a log. */
  dropLog(key: Buffer): Promise<void>
}

/** An archive. */
export interface Shelf {
  mirrors(): Iterable<ShelfMirror>
  get(id: string): ShelfMirror | null
  /** Durable when it resolves. Errors: `EXISTS`, `DISK_FULL`. */
  create(id: string, kind: 'mirror' | 'carry', about: Buffer): Promise<ShelfMirror>
  /** All of it is gone when it resolves. */
  remove(id: string): Promise<void>
}
