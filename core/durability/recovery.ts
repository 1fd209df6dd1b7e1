import type Corestore from 'corestore'
import type { KeyPair } from 'hypercore'
import type { Logger } from '../logger.ts'
import type { LastEnd } from './dirty-marker.ts'
import type { JournalEntry } from './journal.ts'
import { openOwnCore } from './own-core.ts'

/** What replaying the journal showed of one core. */
export interface Replayed {
  /** Blocks that the store had lost and that were appended again. */
  readonly repaired: number
  /** True when blocks are missing that the journal does not hold either. */
  readonly gap: boolean
}

/**
 * May a core's tail be lost for good, so that peers must be asked before the first append? A gap says so, and
 * so does a damaged journal after anything but a clean end, or one that ends in the middle of an entry after a
 * power cut: it may have been a synced one. An intact journal holds all that was announced.
 */
export function isSuspect(
  replayed: Replayed,
  facts: { last: LastEnd; journalIntact: boolean; journalTorn: boolean },
): boolean {
  if (replayed.gap) return true
  if (facts.last === 'power-cut' && facts.journalTorn) return true
  return facts.last !== 'clean' && !facts.journalIntact
}

/** Appends to each own core what the journal holds beyond its end: the same bytes make the same tree. */
export async function replayJournal(
  store: Corestore,
  entries: readonly JournalEntry[],
  own: ReadonlyMap<string, KeyPair>,
  logger: Logger,
): Promise<Map<string, Replayed>> {
  const byCore = new Map<string, JournalEntry[]>()
  for (const entry of entries) {
    const hex = entry.core.toString('hex')
    const list = byCore.get(hex)
    if (list) list.push(entry)
    else byCore.set(hex, [entry])
  }
  const results = new Map<string, Replayed>()
  for (const [hex, list] of byCore) {
    const keyPair = own.get(hex)
    if (!keyPair) continue
    const replayed = await replayCore(store, keyPair, list)
    results.set(hex, replayed)
    if (replayed.repaired > 0 || replayed.gap) {
      const { repaired, gap } = replayed
      logger.warn('journal-replayed', { core: hex.slice(0, 8), repaired, gap })
    }
  }
  return results
}

async function replayCore(
  store: Corestore,
  keyPair: KeyPair,
  entries: readonly JournalEntry[],
): Promise<Replayed> {
  const core = await openOwnCore(store, keyPair, { active: false })
  try {
    let repaired = 0
    // Of several entries with one sequence the last was appended: the others were refused.
    const blocks = new Map(entries.map(({ seq, block }) => [seq, block]))
    for (const [seq, block] of [...blocks].sort(([a], [b]) => a - b)) {
      if (seq < core.length) continue
      if (seq > core.length) return { repaired, gap: true }
      await core.append(block)
      repaired++
    }
    return { repaired, gap: false }
  } finally {
    await core.close()
  }
}
