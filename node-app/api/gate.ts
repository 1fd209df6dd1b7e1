import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { refusal, type RequestFacts } from './guard.ts'
import { SECURITY_HEADERS } from './headers.ts'

const MAX_CONNECTIONS = 256
const IDLE_LIMIT = 120_000

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * The HTTP server with the guard in front of everything the framework does, bad paths and unknown
 * routes included. Bounded in connections and in the time a request may take to arrive.
 */
export function createGate(handler: Handler): Server {
  const server = createServer(
    {
      // Node would answer a missing Host with its own 400; the guard refuses it.
      requireHostHeader: false,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 5_000,
    },
    (request, response) => {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
      const port = (server.address() as AddressInfo | null)?.port ?? 0
      const refused = refusal(factsOf(request), port)
      if (refused === undefined) return handler(request, response)
      response.statusCode = 403
      response.setHeader('content-type', 'application/json; charset=utf-8')
      response.setHeader('connection', 'close')
      response.end(JSON.stringify({ error: { code: 'FORBIDDEN', message: refused } }))
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(IDLE_LIMIT)
  return server
}

/** Answers what is no HTTP at all, then hangs up. */
export function refuseGarbage(_error: Error, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify({
    error: { code: 'BAD_REQUEST', message: 'That was no HTTP request.' },
  })
  const headers = { ...SECURITY_HEADERS, 'content-type': 'application/json', connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const head = ['HTTP/1.1 400 Bad Request', ...lines, `content-length: ${Buffer.byteLength(body)}`]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function factsOf(request: IncomingMessage): RequestFacts {
  const { headers } = request
  const one = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  const raw = request.rawHeaders
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    // Node keeps the first of several Host headers; a proxy might have looked at another.
    hosts: raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === 'host'),
    origin: one('origin'),
    fetchSite: one('sec-fetch-site'),
    fetchMode: one('sec-fetch-mode'),
    fetchDest: one('sec-fetch-dest'),
    contentType: one('content-type'),
    hasBody:
      headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0,
    upgrade: headers.upgrade !== undefined || /\bupgrade\b/i.test(one('connection') ?? ''),
  }
}
