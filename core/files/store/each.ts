/** How many calls of the file system are under way at once: as many as Node has threads for them, and some waiting. */
const AT_ONCE = 8

/** Runs `work` for each, a few at a time, begun in their order. Rejects with the first error once none runs any more. */
export async function each<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<unknown>,
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
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, hand))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
}
