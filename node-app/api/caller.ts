import type { FastifyRequest } from 'fastify'
import { PorchlightError } from '../../core/errors.ts'
import type { Caller, Credentials } from './credentials.ts'
import type { Api } from './server.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A pass in the query will do in place of the token: params `room` and `file` say for what. */
    byPass?: boolean
  }
  interface FastifyRequest {
    caller: Caller
  }
}

/** Every answer of the instance, and of the routes it does not know, is 401 without a token (or pass). */
export function requireCaller(app: Api, credentials: Credentials): void {
  app.decorateRequest('caller', 'page')
  app.addHook('onRequest', (request, _reply, done) => {
    const caller =
      credentials.callerOf(request.headers.authorization) ??
      (hasPass(request, credentials) ? 'page' : undefined)
    if (caller === undefined) return done(unauthorized())
    request.caller = caller
    done()
  })
}

/** What names paths on this computer is for programs: the page shows what strangers wrote. Errors: FORBIDDEN. */
export function programsOnly(request: FastifyRequest): void {
  if (request.caller === 'program') return
  throw new PorchlightError(
    'FORBIDDEN',
    'The page can not name a path on this computer: use the command line (`porchlight -h`) for that.',
  )
}

function hasPass(request: FastifyRequest, { files }: Credentials): boolean {
  if (request.routeOptions.config.byPass !== true) return false
  const { pass } = request.query as { pass?: unknown }
  const { room, file } = request.params as { room: string; file: string }
  return typeof pass === 'string' && files.opens(pass, room, file)
}

function unauthorized(): PorchlightError {
  return new PorchlightError(
    'UNAUTHORIZED',
    'The token is missing or of an earlier run: open the page anew with `porchlight open`.',
  )
}
