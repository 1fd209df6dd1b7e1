import { isAbsolute } from 'node:path'
import Type from '../schemas/type.ts'
import { PorchlightError } from '../../../core/errors.ts'
import { programsOnly } from '../caller.ts'
import type { ApiContext } from '../context.ts'
import { fileOf } from '../file-of.ts'
import { findRoom } from '../references.ts'
import {
  ApiError,
  FileDeleteQuery,
  FileGetRequest,
  FileGot,
  FileListQuery,
  FileParams,
  FilePass,
  FileSendRequest,
  FileView,
  FolderEntry,
  RoomParams,
} from '../schemas.ts'
import type { Api } from '../server.ts'
import { patiently, whileAsked } from '../while-asked.ts'

/** Previews in one list: some kB each, read from the store one by one. */
const MAX_PREVIEWS = 100

/** Files of a room: listed, sent from this computer, fetched, put away. */
export function fileRoutes({ engine, credentials, previews }: ApiContext) {
  const view = { 200: FileView, default: ApiError }
  return async (app: Api): Promise<void> => {
    app.get(
      '/rooms/:room/files',
      {
        schema: {
          summary: 'The files of a room, oldest first',
          params: RoomParams,
          querystring: FileListQuery,
          response: { 200: Type.Immutable(Type.Array(FileView)), default: ApiError },
        },
      },
      ({ params, query }) => {
        const previews = query.previews === 'true' ? MAX_PREVIEWS : 0
        return engine.files.list(findRoom(params.room, engine.rooms()).id, { previews })
      },
    )
    app.post(
      '/rooms/:room/files',
      {
        schema: {
          summary: 'Send a file or folder of this computer, in place; for programs alone',
          params: RoomParams,
          body: FileSendRequest,
          response: { 201: FileView, default: ApiError },
        },
      },
      async (request, reply) => {
        programsOnly(request)
        const { path, ...options } = request.body
        absolute(path)
        const room = findRoom(request.params.room, engine.rooms()).id
        const signal = whileAsked(reply.raw)
        patiently(request.raw)
        const { type, preview } = await previews.ofFile(path, signal)
        const sent = await engine.files.send(room, path, {
          ...options,
          ...(type === undefined ? {} : { type }),
          preview,
          signal,
        })
        return reply.code(201).send(sent)
      },
    )
    app.get(
      '/rooms/:room/files/:file',
      { schema: { summary: 'One file', params: FileParams, response: view } },
      async (request) => {
        const { room, file } = await fileOf(request, engine)
        return engine.files.show(room, file)
      },
    )
    for (const [act, summary] of [
      ['fetch', 'Begin to fetch a file'],
      ['pause', 'Pause; what is here is kept'],
      ['resume', 'Go on with a paused file'],
      ['cancel', 'End the fetch and free what came of it'],
    ] as const) {
      app.post(
        `/rooms/:room/files/:file/${act}`,
        { schema: { summary, params: FileParams, response: view } },
        async (request) => {
          const { room, file } = await fileOf(request, engine)
          return engine.files[act](room, file)
        },
      )
    }
    app.post(
      '/rooms/:room/files/:file/get',
      {
        schema: {
          summary:
            'Fetch a file, and answer once all of it is here; a client that goes ends the wait alone',
          params: FileParams,
          body: FileGetRequest,
          response: { 200: FileGot, default: ApiError },
        },
      },
      async (request, reply) => {
        const { out } = request.body
        if (out !== undefined) {
          programsOnly(request)
          absolute(out)
        }
        const { room, file } = await fileOf(request, engine)
        patiently(request.raw)
        return engine.files.get(room, file, { ...request.body, signal: whileAsked(reply.raw) })
      },
    )
    app.delete(
      '/rooms/:room/files/:file',
      {
        schema: {
          summary: 'Free its bytes here; with everyone=true delete one’s own message too',
          params: FileParams,
          querystring: FileDeleteQuery,
          response: { 204: Type.Null(), default: ApiError },
        },
      },
      async (request, reply) => {
        const { room, file } = await fileOf(request, engine)
        const everyone = request.query.everyone === 'true'
        await engine.files.remove(room, file, { everyone })
        return reply.code(204).send(null)
      },
    )
    app.get(
      '/rooms/:room/files/:file/contents',
      {
        schema: {
          summary: 'The files of a folder; waits until they are known',
          params: FileParams,
          response: { 200: Type.Immutable(Type.Array(FolderEntry)), default: ApiError },
        },
      },
      async (request, reply) => {
        const { room, file } = await fileOf(request, engine)
        return engine.files.contents(room, file, { signal: whileAsked(reply.raw) })
      },
    )
    app.post(
      '/rooms/:room/files/:file/pass',
      {
        schema: {
          summary:
            'What opens …/content in an address, where no token can be sent; whole ids there',
          params: FileParams,
          response: { 200: FilePass, default: ApiError },
        },
      },
      async (request) => {
        const { room, file } = await fileOf(request, engine)
        await engine.files.show(room, file)
        return { pass: credentials.files.issue(room, file) }
      },
    )
  }
}

function absolute(path: string): void {
  if (isAbsolute(path)) return
  throw new PorchlightError(
    'BAD_REQUEST',
    'A path has to be absolute: the node does not know the folder you are in.',
  )
}
