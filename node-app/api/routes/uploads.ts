import type { FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { PorchlightError } from '../../../core/errors.ts'
import type { ApiContext } from '../context.ts'
import { findRoom } from '../references.ts'
import { ApiError, FileView, RoomParams, UploadQuery } from '../schemas.ts'
import type { Api } from '../server.ts'
import { whileAsked } from '../while-asked.ts'

/** Files that come as bytes, of any number: the disk alone limits them. */
export function uploadRoutes({ engine, previews }: ApiContext) {
  return async (app: Api): Promise<void> => {
    app.addContentTypeParser('application/octet-stream', (_request, payload, done) => {
      done(null, payload)
    })
    app.put(
      '/rooms/:room/uploads',
      {
        preValidation: readExpiry,
        schema: {
          summary: 'Send a file whose bytes are the body; a client that goes away leaves nothing',
          consumes: ['application/octet-stream'],
          params: RoomParams,
          querystring: UploadQuery,
          response: { 201: FileView, default: ApiError },
        },
      },
      async (request, reply) => {
        const room = findRoom(request.params.room, engine.rooms()).id
        const { body } = request
        if (!(body instanceof Readable)) {
          throw new PorchlightError('BAD_REQUEST', 'An empty file can not be sent.')
        }
        const { name, type: claimed, ...options } = request.query
        const signal = whileAsked(reply.raw)
        // The stream stays open at an error, so that the refusal can be answered.
        const bytes = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
        const upload = await previews.ofUpload(name, bytes, signal)
        const type = upload.type ?? claimed
        const sent = await engine.files.sendBytes(room, name, upload.bytes, {
          ...options,
          ...(type === undefined ? {} : { type }),
          preview: upload.preview,
          signal,
        })
        return reply.code(201).send(sent)
      },
    )
  }
}

/** A query is text: digits become the number that the schema asks for. */
function readExpiry(request: FastifyRequest, _reply: unknown, done: () => void): void {
  const query = request.query as Record<string, unknown>
  const { expiresIn } = query
  if (typeof expiresIn === 'string' && /^\d{1,12}$/.test(expiresIn)) {
    query['expiresIn'] = Number(expiresIn)
  }
  done()
}
