/** What a holder needs of the archive in which it keeps mirrors: types only. */
import type { Copy } from '../copy.ts'

/** A mirror in the archive. */
export interface ShelfMirror extends Copy {
  /** `carry`: of strangers, which is not the holder's matter. */
  readonly kind: 'mirror' | 'carry'
  /** The holder's own words of it. */
  readonly about: Buffer
  /** Bytes of all that is held of it. */
  readonly bytes: number
  /** Durable when it resolves. */
  setAbout(about: Buffer): Promise<void>
}

/** An archive. */
export interface Shelf {
  mirrors(): Iterable<ShelfMirror>
  get(id: string): ShelfMirror | null
  /** Durable when it resolves. Errors: `DISK_FULL`. */
  create(id: string, options: { kind: 'mirror' | 'carry'; about: Buffer }): Promise<ShelfMirror>
  /** All of it is gone when it resolves. */
  remove(id: string): Promise<void>
}
