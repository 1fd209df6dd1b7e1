import Type from '../schemas/type.ts'
import type { ApiContext } from '../context.ts'
import { findRoom } from '../references.ts'
import {
  ApiError,
  Draft,
  Empty,
  JoinRequest,
  RoomParams,
  RoomRequest,
  RoomSettings,
  RoomView,
  SettingsRequest,
} from '../schemas.ts'
import type { Api } from '../server.ts'
import { whileAsked } from '../while-asked.ts'

/** Rooms: made, entered, left; their rules, and what was typed in them and not sent. */
export function roomRoutes({ engine }: ApiContext) {
  const idOf = (request: { params: { room: string } }): string =>
    findRoom(request.params.room, engine.rooms()).id
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
        const { invite, patience } = request.body
        return engine.join(invite, {
          ...(patience === undefined ? {} : { patience }),
          // Once answered, the engine goes on waiting for a member by itself.
          signal: whileAsked(reply.raw),
        })
      },
    )
    app.get(
      '/rooms/:room',
      {
        schema: {
          summary: 'One room',
          params: RoomParams,
          response: { 200: RoomView, default: ApiError },
        },
      },
      (request) => findRoom(request.params.room, engine.rooms()),
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
        await engine.leave(idOf(request))
        return {}
      },
    )
    app.get(
      '/rooms/:room/settings',
      {
        schema: {
          summary: 'The rules of a room',
          params: RoomParams,
          response: { 200: RoomSettings, default: ApiError },
        },
      },
      (request) => engine.settings(idOf(request)),
    )
    app.patch(
      '/rooms/:room/settings',
      {
        schema: {
          summary: 'Change rules of a room, as an admin',
          params: RoomParams,
          body: SettingsRequest,
          response: { 200: RoomSettings, default: ApiError },
        },
      },
      (request) => engine.setSettings(idOf(request), request.body),
    )
    app.get(
      '/rooms/:room/draft',
      {
        schema: {
          summary: 'What was typed and not sent, on any of this person’s devices',
          params: RoomParams,
          response: { 200: Draft, default: ApiError },
        },
      },
      (request) => ({ text: engine.draft(idOf(request)) }),
    )
    app.put(
      '/rooms/:room/draft',
      {
        schema: {
          summary: 'Keep what was typed and not sent; an empty text forgets it',
          params: RoomParams,
          body: Draft,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        await engine.setDraft(idOf(request), request.body.text)
        return {}
      },
    )
  }
}
