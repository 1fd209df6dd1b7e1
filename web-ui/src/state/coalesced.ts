/**
 * Folds a burst of calls into one run after `ms`, and never two runs at once. What a run throws is
 * left to the next event: it renews the same thing.
 */
export function coalesced(ms: number, run: () => Promise<unknown>): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  let running = false
  let again = false
  const start = (): void => {
    timer = null
    if (running) {
      again = true
      return
    }
    running = true
    void run()
      .catch(() => undefined)
      .then(() => {
        running = false
        if (!again) return
        again = false
        call()
      })
  }
  const call = (): void => {
    timer ??= setTimeout(start, ms)
  }
  return call
}
