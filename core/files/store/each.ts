/** Calls of the file system under way at once: Node has four threads for those of the whole program. */
const AT_ONCE = 3

/**
 * Runs `work` for each, some at a time, begun in their order. Rejects with the first error once none runs any more. What
 * waits for the disk should leave threads to others: `atOnce` of 1 or 2.
 */
export async function each<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<unknown>,
  atOnce = AT_ONCE,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  let stopped = false
  const hand = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && !stopped; next = rest.next()) {
      try {
        await work(next.value)
      } catch (error) {
        stopped = true
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, hand))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
}
