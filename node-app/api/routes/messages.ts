import type { FastifyRequest } from 'fastify'
import type { ApiContext } from '../context.ts'
import { findRoom } from '../room-reference.ts'
import {
  ApiError,
  Empty,
  MessagePage,
  MessageQuery,
  MessageView,
  ReadRequest,
  SendRequest,
} from '../schemas.ts'
import type { Api } from '../server.ts'
import { RoomParams } from './rooms.ts'

/** A query is text: digits become the number that the schema asks for, all else is refused by it. */
function readLimit(request: FastifyRequest, _reply: unknown, done: () => void): void {
  const query = request.query as Record<string, unknown>
  if (typeof query['limit'] === 'string' && /^\d{1,9}$/.test(query['limit'])) {
    query['limit'] = Number(query['limit'])
  }
  done()
}

/** What is said in a room. */
export function messageRoutes({ engine }: ApiContext) {
  return async (app: Api): Promise<void> => {
    app.get(
      '/rooms/:room/messages',
      {
        preValidation: readLimit,
        schema: {
          summary: 'A page of messages, oldest first: the newest, or those before one',
          params: RoomParams,
          querystring: MessageQuery,
          response: { 200: MessagePage, default: ApiError },
        },
      },
      (request) => engine.messages(findRoom(request.params.room, engine.rooms()).id, request.query),
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
        const room = findRoom(request.params.room, engine.rooms())
        const { text, replyTo } = request.body
        const message = await engine.send(room.id, text, replyTo === undefined ? {} : { replyTo })
        return reply.code(201).send(message)
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
        const room = findRoom(request.params.room, engine.rooms())
        await engine.markRead(room.id, request.body.messageId)
        return {}
      },
    )
  }
}
