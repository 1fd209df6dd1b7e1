import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { isUpload, refusal, type RequestFacts } from './guard.ts'
import { SECURITY_HEADERS } from './headers.ts'

const MAX_CONNECTIONS = 256
const IDLE_LIMIT = 120_000
/** How long a body may take to arrive, an upload's excepted. */
const BODY_LIMIT = 10_000
/** How long the rest of an upload that was refused is read, so that a browser sees the refusal. */
const DRAIN_LIMIT = 30_000

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * The HTTP server with the guard in front of everything the framework does, bad paths and unknown
 * routes included. Bounded in connections and in the time a request may take to arrive.
 */
export function createGate(handler: Handler, clock: Clock): Server {
  const server = createServer(
    {
      // Node would answer a missing Host with its own 400; the guard refuses it.
      requireHostHeader: false,
      headersTimeout: 5_000,
      // It would cut an upload off: `boundBody` does it for all others.
      requestTimeout: 0,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 5_000,
    },
    (request, response) => {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
      const port = (server.address() as AddressInfo | null)?.port ?? 0
      const facts = factsOf(request)
      const refused = refusal(facts, port)
      if (facts.hasBody) boundBody(request, response, isUpload(facts), clock)
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

/** Hangs up when the rest of a body does not come in time. */
function boundBody(
  request: IncomingMessage,
  response: ServerResponse,
  upload: boolean,
  clock: Clock,
): void {
  const within = (ms: number): void => {
    const timer = clock.after(ms, () => {
      if (!request.complete) request.socket.destroy()
    })
    request.once('close', () => timer.cancel())
  }
  if (!upload) within(BODY_LIMIT)
  else {
    response.once('finish', () => {
      if (!request.complete) within(DRAIN_LIMIT)
    })
  }
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
