import type { FastifyRequest } from 'fastify'

/** A query is text: digits become the number that the schema asks for, all else is refused by it. */
export function readLimit(request: FastifyRequest, _reply: unknown, done: () => void): void {
  const query = request.query as Record<string, unknown>
  if (typeof query['limit'] === 'string' && /^\d{1,9}$/.test(query['limit'])) {
    query['limit'] = Number(query['limit'])
  }
  done()
}
