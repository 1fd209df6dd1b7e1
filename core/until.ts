import type { EventEmitter } from 'node:events'
import type { Clock } from './clock.ts'

/**
 * Resolves true as soon as `condition` holds, looked at now and at each of the events; false after `ms`.
 * Rejects when the signal aborts.
 */
export function until<Events extends Record<string, unknown[]>>(
  emitter: EventEmitter<Events>,
  events: readonly (keyof Events & string)[],
  condition: () => boolean,
  options: { clock: Clock; ms: number; signal?: AbortSignal | undefined },
): Promise<boolean> {
  if (condition()) return Promise.resolve(true)
  const plain = emitter as unknown as EventEmitter
  return new Promise((resolve, reject) => {
    const { signal } = options
    const stop = (): void => {
      timer.cancel()
      for (const event of events) plain.off(event, look)
      signal?.removeEventListener('abort', onabort)
    }
    const look = (): void => {
      if (!condition()) return
      stop()
      resolve(true)
    }
    const onabort = (): void => {
      stop()
      reject(signal!.reason as Error)
    }
    const timer = options.clock.after(options.ms, () => {
      stop()
      resolve(condition())
    })
    if (signal?.aborted) return onabort()
    for (const event of events) plain.on(event, look)
    signal?.addEventListener('abort', onabort, { once: true })
  })
}
