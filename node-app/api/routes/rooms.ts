import Type from 'typebox'
import type { ApiContext } from '../context.ts'
import { findRoom } from '../room-reference.ts'
import {
  ApiError,
  Empty,
  Invite,
  InviteRequest,
  JoinRequest,
  MemberView,
  RoomRequest,
  RoomView,
} from '../schemas.ts'
import type { Api } from '../server.ts'

/** An id, a unique prefix of one, or a unique name. */
export const RoomParams = Type.Object({ room: Type.String({ minLength: 1, maxLength: 1024 }) })

/** Rooms: made, entered, left; who is in them and how others get in. */
export function roomRoutes({ engine }: ApiContext) {
  return async (app: Api): Promise<void> => {
    app.get(
      '/rooms',
      {
        schema: {
          summary: 'The rooms of this person',
          response: { 200: Type.Immutable(Type.Array(RoomView)), default: ApiError },
        },
      },
      () => engine.rooms(),
    )
    app.post(
      '/rooms',
      {
        schema: {
          summary: 'Make a room',
          body: RoomRequest,
          response: { 201: RoomView, default: ApiError },
        },
      },
      async (request, reply) => {
        const room = await engine.createRoom(request.body.name)
        return reply.code(201).send(room)
      },
    )
    app.post(
      '/join',
      {
        schema: {
          summary: 'Enter a room by an invite; waits a little for a member in reach',
          body: JoinRequest,
          response: { 200: RoomView, default: ApiError },
        },
      },
      async (request, reply) => {
        const gone = new AbortController()
        reply.raw.once('close', () => {
          // Once answered, the engine goes on waiting for a member by itself.
          if (!reply.raw.writableFinished) gone.abort(new Error('the client went away'))
        })
        const { invite, patience } = request.body
        return engine.join(invite, {
          ...(patience === undefined ? {} : { patience }),
          signal: gone.signal,
        })
      },
    )
    app.delete(
      '/rooms/:room',
      {
        schema: {
          summary: 'Leave a room',
          params: RoomParams,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        await engine.leave(findRoom(request.params.room, engine.rooms()).id)
        return {}
      },
    )
    app.get(
      '/rooms/:room/members',
      {
        schema: {
          summary: 'Who is in a room',
          params: RoomParams,
          response: { 200: Type.Immutable(Type.Array(MemberView)), default: ApiError },
        },
      },
      (request) => engine.members(findRoom(request.params.room, engine.rooms()).id),
    )
    app.post(
      '/rooms/:room/invites',
      {
        schema: {
          summary: 'The link that lets others in',
          params: RoomParams,
          body: InviteRequest,
          response: { 201: Invite, default: ApiError },
        },
      },
      async (request, reply) => {
        const room = findRoom(request.params.room, engine.rooms())
        const invite = await engine.invite(room.id, request.body)
        return reply.code(201).send({ invite })
      },
    )
  }
}
