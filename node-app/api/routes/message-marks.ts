import Type from '../schemas/type.ts'
import type { ApiContext } from '../context.ts'
import { findRoom } from '../references.ts'
import {
  ApiError,
  Empty,
  MessageParams,
  MessageView,
  ReactionParams,
  RoomParams,
} from '../schemas.ts'
import type { Api } from '../server.ts'

/** What is put on messages: reactions and pins. */
export function messageMarkRoutes({ engine }: ApiContext) {
  const idOf = (request: { params: { room: string } }): string =>
    findRoom(request.params.room, engine.rooms()).id
  return async (app: Api): Promise<void> => {
    for (const [method, on, word] of [
      ['put', true, 'React to a message with an emoji'],
      ['delete', false, 'Take a reaction back'],
    ] as const) {
      app[method](
        '/rooms/:room/messages/:message/reactions/:emoji',
        {
          schema: {
            summary: word,
            params: ReactionParams,
            response: { 200: MessageView, default: ApiError },
          },
        },
        (request) => {
          const { message, emoji } = request.params
          return engine.react(idOf(request), message, emoji, on)
        },
      )
    }
    for (const [method, on, word] of [
      ['put', true, 'Pin a message for everyone, as a moderator'],
      ['delete', false, 'Unpin a message, as a moderator'],
    ] as const) {
      app[method](
        '/rooms/:room/pins/:message',
        {
          schema: {
            summary: word,
            params: MessageParams,
            response: { 200: Empty, default: ApiError },
          },
        },
        async (request) => {
          await engine.pin(idOf(request), request.params.message, on)
          return {}
        },
      )
    }
    app.get(
      '/rooms/:room/pins',
      {
        schema: {
          summary: 'The pinned messages',
          params: RoomParams,
          response: { 200: Type.Immutable(Type.Array(MessageView)), default: ApiError },
        },
      },
      (request) => engine.pins(idOf(request)),
    )
  }
}
