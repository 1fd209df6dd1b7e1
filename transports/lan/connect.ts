/** Opens a TCP connection within a time and until a signal. */
import { connect as tcpConnect } from 'node:net'
import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { HostPort } from './lan-address.ts'

const KEEPALIVE_MS = 5_000

export interface ConnectOptions {
  readonly clock: Clock
  readonly timeout: number
  readonly signal: AbortSignal
}

/** Rejects with the system's error, the signal's reason, or PorchlightError `TIMED_OUT`. */
export function connect(target: HostPort, options: ConnectOptions): Promise<Socket> {
  const { clock, timeout, signal } = options
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const socket = tcpConnect({
      host: target.host,
      port: target.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_MS,
    })
    const settle = (error?: Error): void => {
      timer.cancel()
      signal.removeEventListener('abort', onabort)
      socket.removeListener('connect', onconnect)
      if (error) {
        socket.destroy()
        reject(error)
      } else {
        resolve(socket)
      }
    }
    const onconnect = (): void => settle()
    const onabort = (): void => settle(signal.reason as Error)
    const timer = clock.after(timeout, () =>
      settle(new PorchlightError('TIMED_OUT', 'The other device did not answer in time.')),
    )
    signal.addEventListener('abort', onabort, { once: true })
    socket.once('connect', onconnect)
    // Stays for the socket's life: an error is always followed by `close`, which is what counts.
    socket.on('error', settle)
  })
}
