import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import type { EngineApi } from '../../../core/api.ts'
import Type from '../schemas/type.ts'
import { PorchlightError } from '../../../core/errors.ts'
import { mediaType } from '../../previews/media-type.ts'
import { rangeHolds, rangeOf } from '../byte-range.ts'
import type { ApiContext } from '../context.ts'
import { fileOf } from '../file-of.ts'
import { ApiError, FileContentQuery, FileParams } from '../schemas.ts'
import { servedAs } from '../served-as.ts'
import type { Api } from '../server.ts'
import { whileAsked } from '../while-asked.ts'

/** What strangers sent, as harmless as bytes can be. */
const HARMLESS = {
  'content-security-policy': "sandbox; default-src 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
}

const bytes = Type.Unsafe<unknown>({ type: 'string', format: 'binary' })

/** The bytes of files, streamed while they arrive. */
export function fileContentRoutes({ engine }: ApiContext) {
  return async (app: Api): Promise<void> => {
    app.route({
      method: ['GET', 'HEAD'],
      url: '/rooms/:room/files/:file/content',
      exposeHeadRoute: false,
      config: { byPass: true },
      schema: {
        summary: 'The bytes of a file, or of the file at `path` in a folder; one range at a time',
        params: FileParams,
        querystring: FileContentQuery,
        response: { 200: bytes, 206: bytes, default: ApiError },
      },
      handler: async (request, reply) => {
        const { room, file } = await fileOf(request, engine)
        const { path, download } = request.query
        const signal = whileAsked(reply.raw)
        const { name, type, size } = await describe(engine, room, file, path, signal)
        const etag = `"${file}${path === undefined ? '' : `-${digest(path)}`}"`
        const serving = servedAs(name, type, download === 'true')
        const { range, 'if-range': ifRange } = request.headers
        const wanted = rangeHolds(ifRange?.toString(), etag) ? rangeOf(range, size) : undefined
        void reply.headers({ ...HARMLESS, 'accept-ranges': 'bytes', etag })
        if (wanted === 'unsatisfiable') {
          void reply.header('content-range', `bytes */${size}`).code(416)
          return reply.send(outside(size))
        }
        const { start, end } = wanted ?? { start: 0, end: size }
        void reply.headers({
          'content-type': serving.type,
          'content-disposition': serving.disposition,
          'content-length': end - start,
        })
        if (wanted !== undefined) {
          void reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`)
        }
        if (request.method === 'HEAD') return reply.send('')
        const { stream } = await engine.files.read(room, file, {
          ...(path === undefined ? {} : { path }),
          start,
          end,
          signal,
        })
        return reply.send(Readable.from(stream, { objectMode: false }))
      },
    })
  }
}

/** Its name, type and bytes, without a byte of it being fetched. */
async function describe(
  { files }: EngineApi,
  room: string,
  file: string,
  path: string | undefined,
  signal: AbortSignal,
): Promise<{ name: string; type: string; size: number }> {
  const view = await files.show(room, file)
  if (path === undefined) {
    if (view.files === undefined) return view
    throw new PorchlightError('BAD_REQUEST', 'This is a folder: say which of its files, with path.')
  }
  const entries = await files.contents(room, file, { signal })
  const entry = entries.find((one) => one.path === path)
  if (entry === undefined) {
    throw new PorchlightError('NOT_FOUND', 'There is no such file in this folder.')
  }
  const name = posix.basename(path)
  return { name, type: mediaType(name) ?? 'application/octet-stream', size: entry.size }
}

function digest(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 32)
}

function outside(size: number): ApiError {
  return { error: { code: 'BAD_REQUEST', message: `The file has ${size} bytes: none is there.` } }
}
