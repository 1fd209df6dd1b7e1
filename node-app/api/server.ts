import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type RawServerDefault,
} from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PorchlightError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { describeError } from '../log.ts'
import type { ApiContext } from './context.ts'
import { answerTo } from './errors.ts'
import { createGate, refuseGarbage } from './gate.ts'
import { tokenInQuery } from './guard.ts'
import { refuseWhileLocked } from './locked.ts'
import { servePage } from './page.ts'
import { requireCaller } from './caller.ts'
import { atRestRoutes } from './routes/at-rest.ts'
import { deviceRoutes } from './routes/devices.ts'
import { eventRoutes } from './routes/events.ts'
import { fileContentRoutes } from './routes/file-content.ts'
import { filePolicyRoutes } from './routes/file-policy.ts'
import { fileRoutes } from './routes/files.ts'
import { identityRoutes } from './routes/identity.ts'
import { inviteRoutes } from './routes/invites.ts'
import { memberRoutes } from './routes/members.ts'
import { messageMarkRoutes } from './routes/message-marks.ts'
import { messageRoutes } from './routes/messages.ts'
import { mirrorRoutes } from './routes/mirrors.ts'
import { nodeRoutes } from './routes/node.ts'
import { peopleRoutes } from './routes/people.ts'
import { profileRoutes } from './routes/profile.ts'
import { roomRoutes } from './routes/rooms.ts'
import { searchRoutes } from './routes/search.ts'
import { sessionRoutes } from './routes/session.ts'
import { transportRoutes } from './routes/transports.ts'
import { uploadRoutes } from './routes/uploads.ts'

const BODY_LIMIT = 64 << 10

/** The framework's instance as the routes see it. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Builds the local API and the page's server; nothing listens before `listen`. */
export async function createApi(context: ApiContext): Promise<Api> {
  const app: Api = Fastify({
    serverFactory: (handler) => createGate(handler, context.clock),
    clientErrorHandler: refuseGarbage,
    frameworkErrors: (error, _request, reply) => {
      const { status, body } = answerTo(error)
      void (reply as FastifyReply).code(status).send(body)
    },
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 4096 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  })
  answerErrors(app, context.logger)
  acceptEmptyBodies(app)
  // After every onRequest hook, so that a token sent only this way is 401 like none at all.
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    done(tokenInQuery(request.raw.url ?? '') ? inQuery() : undefined)
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Porchlight local API',
        description: 'Serves this computer alone. The token is in api.json of the data directory.',
        version: context.version,
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  })
  // The one way in without a token.
  await app.register(sessionRoutes(context), { prefix: '/api/v1' })
  await app.register(
    async (api: Api) => {
      requireCaller(api, context.credentials)
      refuseWhileLocked(api, context.atRest)
      api.all('/*', { schema: { hide: true } }, nothingHere)
      await api.register(
        async (v1: Api) => {
          await v1.register(nodeRoutes(context))
          await v1.register(transportRoutes(context))
          await v1.register(roomRoutes(context))
          await v1.register(inviteRoutes(context))
          await v1.register(memberRoutes(context))
          await v1.register(messageRoutes(context))
          await v1.register(messageMarkRoutes(context))
          await v1.register(searchRoutes(context))
          await v1.register(fileRoutes(context))
          await v1.register(fileContentRoutes(context))
          await v1.register(uploadRoutes(context))
          await v1.register(filePolicyRoutes(context))
          await v1.register(mirrorRoutes(context))
          await v1.register(peopleRoutes(context))
          await v1.register(deviceRoutes(context))
          await v1.register(profileRoutes(context))
          await v1.register(identityRoutes(context))
          await v1.register(atRestRoutes(context))
          await v1.register(eventRoutes(context))
          v1.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
        },
        { prefix: '/v1' },
      )
    },
    { prefix: '/api' },
  )
  app.setNotFoundHandler(nothingHere)
  await servePage(app, context.webRoot)
  return app
}

function nothingHere(): never {
  throw new PorchlightError('NOT_FOUND', 'There is nothing at this address.')
}

function inQuery(): PorchlightError {
  return new PorchlightError(
    'FORBIDDEN',
    'A token never belongs in an address: send it in the Authorization header.',
  )
}

function answerErrors(app: Api, logger: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = answerTo(error)
    if (status >= 500 && body.error.code === 'INTERNAL') {
      const route = `${request.method} ${request.routeOptions.url ?? '?'}`
      logger.error('api.failed', { route, ...describeError(error) })
    }
    void reply.code(status).send(body)
  })
}

/** A client may send the JSON content type with no body (DELETE, POST without arguments). */
function acceptEmptyBodies(app: Api): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) return done(null, {})
    return parse(request, body as string, done)
  })
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.method !== 'GET') request.body ??= {}
    done()
  })
}
