import { PorchlightError } from '../../../core/errors.ts'
import type { ApiContext } from '../context.ts'
import { readLimit } from '../read-limit.ts'
import { findRoom } from '../references.ts'
import {
  ApiError,
  EditRequest,
  Empty,
  MessagePage,
  MessageParams,
  MessageQuery,
  MessageView,
  ReadRequest,
  RoomParams,
  SendRequest,
  SwitchRequest,
} from '../schemas.ts'
import type { Api } from '../server.ts'

/** What is said in a room: read, sent, changed, taken back. */
export function messageRoutes({ engine }: ApiContext) {
  const idOf = (request: { params: { room: string } }): string =>
    findRoom(request.params.room, engine.rooms()).id
  return async (app: Api): Promise<void> => {
    app.get(
      '/rooms/:room/messages',
      {
        preValidation: readLimit,
        schema: {
          summary:
            'A page of messages, oldest first: the newest, those before one, or those after one',
          params: RoomParams,
          querystring: MessageQuery,
          response: { 200: MessagePage, default: ApiError },
        },
      },
      (request) => engine.messages(idOf(request), request.query),
    )
    app.post(
      '/rooms/:room/messages',
      {
        schema: {
          summary: 'Send a message; answers once it is durable here',
          params: RoomParams,
          body: SendRequest,
          response: { 201: MessageView, default: ApiError },
        },
      },
      async (request, reply) => {
        const { text, ...options } = request.body
        if (text === '' && options.location === undefined) {
          throw new PorchlightError('BAD_REQUEST', '"text" must not be empty without a location.')
        }
        const message = await engine.send(idOf(request), text, options)
        return reply.code(201).send(message)
      },
    )
    app.patch(
      '/rooms/:room/messages/:message',
      {
        schema: {
          summary: 'Change the text of one’s own message',
          params: MessageParams,
          body: EditRequest,
          response: { 200: MessageView, default: ApiError },
        },
      },
      (request) => engine.edit(idOf(request), request.params.message, request.body.text),
    )
    app.delete(
      '/rooms/:room/messages/:message',
      {
        schema: {
          summary: 'Delete one’s own message for everyone; as a moderator, hide another’s',
          params: MessageParams,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        await engine.remove(idOf(request), request.params.message)
        return {}
      },
    )
    app.put(
      '/rooms/:room/messages/:message/hidden',
      {
        schema: {
          summary: 'As a moderator, hide another’s message for everyone, or show it again',
          params: MessageParams,
          body: SwitchRequest,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        await engine.remove(idOf(request), request.params.message, request.body)
        return {}
      },
    )
    app.put(
      '/rooms/:room/read',
      {
        schema: {
          summary: 'Mark all up to a message as read, or everything',
          params: RoomParams,
          body: ReadRequest,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        await engine.markRead(idOf(request), request.body.messageId)
        return {}
      },
    )
  }
}
