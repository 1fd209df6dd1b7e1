import type { ApiContext } from '../context.ts'
import { readLimit } from '../read-limit.ts'
import { findRoom } from '../references.ts'
import { ApiError, SearchPage, SearchQuery } from '../schemas.ts'
import type { Api } from '../server.ts'

/** Finding what was said. */
export function searchRoutes({ engine }: ApiContext) {
  return async (app: Api): Promise<void> => {
    app.get(
      '/search',
      {
        preValidation: readLimit,
        schema: {
          summary:
            'Messages that hold all the words, newest first; the last word may be unfinished',
          querystring: SearchQuery,
          response: { 200: SearchPage, default: ApiError },
        },
      },
      (request) => {
        const { words, room, ...options } = request.query
        const only = room === undefined ? {} : { room: findRoom(room, engine.rooms()).id }
        return engine.search(words, { ...options, ...only })
      },
    )
  }
}
