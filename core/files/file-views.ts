import type { FileReason, FileState } from './api.ts'
import { plainLength } from './descriptor.ts'
import type { StoredItem } from './store/stored-item.ts'
import type { Fetch } from './swarm/fetch.ts'

/** What is known of an item beside its message. */
export interface Standing {
  readonly state: FileState
  /** Verified bytes of its files that are here. */
  readonly have: number
  readonly reason?: FileReason
}

/** How an item stands: what is here of it, and whether it is being fetched. */
export function standingOf(item: StoredItem | null, fetch: Fetch | undefined): Standing {
  if (!item) return { state: 'remote', have: 0 }
  const have = haveBytes(item)
  if (item.problem) return { state: 'failed', have, reason: item.problem }
  if (item.complete) return { state: 'complete', have }
  if (item.meta.paused) return { state: 'paused', have }
  if (!fetch) return { state: 'remote', have }
  const { reason } = fetch
  // Whoever may come into reach still can have it; all else needs somebody to do something.
  const state = reason === null || reason === 'no-source' ? 'downloading' : 'failed'
  return { state, have, ...(reason && { reason }) }
}

/** Verified bytes of the files themselves, without a folder's contents. */
function haveBytes({ complete, descriptor, have, ref }: StoredItem): number {
  const contents = ref?.contents ?? 0
  if (complete) return descriptor.size - contents
  let bytes = have.count * descriptor.chunk
  const last = have.length - 1
  if (have.has(last)) bytes -= descriptor.chunk - plainLength(descriptor, last)
  return Math.max(0, bytes - contents)
}
