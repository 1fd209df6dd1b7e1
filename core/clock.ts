/** A pending timer of a Clock. */
export interface Timer {
  cancel(): void
}

/** The only source of time: passed in everywhere, so that a simulation can own it. */
export interface Clock {
  /** Wall-clock milliseconds since 1970: for display and expiry, never for order. */
  now(): number
  /** Milliseconds that never go back. */
  monotonic(): number
  /** Runs `fn` once after `ms` milliseconds. The timer does not keep the process alive. */
  after(ms: number, fn: () => void): Timer
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Runs `fn` every `ms` milliseconds until cancelled; a slow `fn` never overlaps itself. */
export function every(clock: Clock, ms: number, fn: () => void | Promise<void>): Timer {
  let cancelled = false
  let pending: Timer
  const next = (): void => {
    pending = clock.after(ms, () => {
      void Promise.resolve()
        .then(fn)
        .catch(() => {})
        .finally(() => {
          if (!cancelled) next()
        })
    })
  }
  next()
  return {
    cancel() {
      cancelled = true
      pending.cancel()
    },
  }
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const onabort = (): void => {
      timer.cancel()
      reject(signal!.reason as Error)
    }
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onabort)
      resolve()
    })
    signal?.addEventListener('abort', onabort, { once: true })
  })
}
