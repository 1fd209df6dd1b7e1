import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { StoredItem } from './stored-item.ts'

/** The root and the purpose that a file of the store is named by. */
export function splitName(name: string): [rootHex: string, what: string] {
  const dot = name.indexOf('.')
  return dot === -1 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)]
}

/**
 * Removes what belongs to no item of a store: an end in the middle of making or removing one left it. What a damaged
 * record knew is not known, so its bytes stay.
 */
export async function sweep(
  dir: string,
  items: readonly StoredItem[],
  damaged: readonly string[],
): Promise<void> {
  const kept = new Set([...items.map(({ rootHex }) => rootHex), ...damaged])
  const ids = new Set([...kept].map((rootHex) => rootHex.slice(0, 32)))
  const shared = items.filter(({ kind }) => kind === 'shared')
  const sent = new Set(shared.map(({ path }) => basename(dirname(path ?? ''))))
  const clean = async (where: string, stays: (name: string) => boolean): Promise<void> => {
    for (const name of await readdir(join(dir, where)).catch(() => [])) {
      if (!stays(name)) await rm(join(dir, where, name), { recursive: true, force: true })
    }
  }
  await clean('items', (name) => kept.has(splitName(name)[0]) && !name.endsWith('.new'))
  await clean('received', (name) => ids.has(name))
  await clean('held', (name) => kept.has(name))
  // A shared record that is damaged does not tell which of these were its.
  if (damaged.length === 0) await clean('sent', (name) => sent.has(name))
}
