/** Which items leave this device by themselves, and in which order. */
import type { FilePolicy } from '../api.ts'

/** What is known of an item when it is decided whether it stays. Times are wall-clock ms. */
export interface Tenant {
  readonly kind: 'shared' | 'received' | 'held'
  /** A person asked for it. */
  readonly asked: boolean
  /** It is being read or sent somewhere now. */
  readonly busy: boolean
  readonly addedAt: number
  /** When it was opened last; 0 for never. */
  readonly usedAt: number
  /** What it takes of the data directory. */
  readonly bytes: number
}

/** The items whose time is over: fetched without being asked for, longer ago than they are kept. */
export function expired<T extends Omit<Tenant, 'bytes' | 'usedAt'>>(
  items: readonly T[],
  { keepFor }: Pick<FilePolicy, 'keepFor'>,
  now: number,
): T[] {
  if (keepFor === null) return []
  return items.filter(
    (item) => item.kind === 'received' && mayGo(item) && item.addedAt + keepFor <= now,
  )
}

/**
 * The items that make room for so many bytes, the first to go first: ciphertext held for others, the oldest first;
 * then what was fetched without being asked for and never opened, the oldest first; then what was opened, the least
 * recently opened first. What a person asked for, is reading, or sent is never among them: it may be less than asked.
 */
export function evictionOrder<T extends Tenant>(items: readonly T[], bytesToFree: number): T[] {
  const order = items
    .filter((item) => mayGo(item) && item.bytes > 0)
    .sort((a, b) => rank(a) - rank(b) || since(a) - since(b))
  const chosen: T[] = []
  for (let left = bytesToFree; left > 0 && chosen.length < order.length;) {
    const next = order[chosen.length]!
    chosen.push(next)
    left -= next.bytes
  }
  return chosen
}

function mayGo({ kind, asked, busy }: Pick<Tenant, 'kind' | 'asked' | 'busy'>): boolean {
  return kind !== 'shared' && !asked && !busy
}

function rank({ kind, usedAt }: Tenant): number {
  if (kind === 'held') return 0
  return usedAt === 0 ? 1 : 2
}

/** What its age counts from. */
function since(item: Tenant): number {
  return rank(item) === 2 ? item.usedAt : item.addedAt
}
