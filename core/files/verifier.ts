import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredItem } from './store/stored-item.ts'

/** Files of a folder that are looked at at once. */
const AT_ONCE = 64

/** Looks whether what is complete still is what it was: a person, or another program, may have changed it since. */
export class Verifier {
  /** How the files of an item looked when it was last found right. */
  readonly #right = new WeakMap<StoredItem, string>()

  /** An item was verified as it arrived. */
  async note(item: StoredItem): Promise<void> {
    const looks = await looksOf(item)
    if (looks !== null) this.#right.set(item, looks)
  }

  /**
   * True when all of a complete item is here and right. Its bytes are read and compared with the manifest unless its
   * files look untouched; of what is not right the item knows afterwards. Rejects with the signal's reason.
   */
  async check(item: StoredItem, signal?: AbortSignal): Promise<boolean> {
    await item.look()
    if (!item.complete || item.problem) return false
    const looks = await looksOf(item)
    if (looks !== null && looks === this.#right.get(item)) return true
    for (let index = 0; index < item.have.length; index++) {
      signal?.throwIfAborted()
      const chunk = await item.read(index)
      if (typeof chunk === 'string') return false
      chunk.release()
    }
    if (looks !== null) this.#right.set(item, looks)
    return item.complete && !item.problem
  }
}

/** Size, times and number of each file; null when one can not be seen. */
async function looksOf(item: StoredItem): Promise<string | null> {
  const { path } = item
  const entries = item.entries()
  if (path === null || !entries) return null
  const folder = (item.ref?.contents ?? 0) > 0
  const places = entries.map((entry) => (folder ? join(path, entry.path) : path))
  const looks: string[] = []
  for (let at = 0; at < places.length; at += AT_ONCE) {
    const some = places.slice(at, at + AT_ONCE).map((place) => lookOf(place))
    for (const look of await Promise.all(some)) {
      if (look === null) return null
      looks.push(look)
    }
  }
  return looks.join('\n')
}

async function lookOf(place: string): Promise<string | null> {
  const stats = await lstat(place, { bigint: true }).catch(() => null)
  return stats && [stats.size, stats.mtimeNs, stats.ctimeNs, stats.ino].join(' ')
}
