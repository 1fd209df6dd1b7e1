/** The TCP socket on which neighbours reach this device. */
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

const KEEPALIVE_MS = 5_000
/** A machine without IPv6 refuses `::` with one of these. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL', 'EPROTONOSUPPORT'])

/** A bound server. */
export interface Listener {
  readonly port: number
  close(): Promise<void>
}

export interface ListenerOptions {
  /** 0 lets the system choose. */
  readonly port: number
  readonly maxConnections: number
  readonly onsocket: (socket: Socket) => void
}

/** Binds IPv6 and IPv4 together, IPv4 alone where there is no IPv6. Rejects with the system's error. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  try {
    return await bind(options, '::')
  } catch (error) {
    if (!NO_IPV6.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    return bind(options, '0.0.0.0')
  }
}

function bind(options: ListenerOptions, host: string): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer({
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_MS,
    })
    server.maxConnections = options.maxConnections
    server.once('error', reject)
    server.listen({ port: options.port, host, exclusive: true }, () => {
      server.removeListener('error', reject)
      // An accept that fails (descriptors used up) leaves the server listening.
      server.on('error', () => {})
      server.on('connection', options.onsocket)
      resolve(toListener(server))
    })
  })
}

function toListener(server: Server): Listener {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
