import Type from '../schemas/type.ts'
import type { ApiContext } from '../context.ts'
import { findInvite, findRoom } from '../references.ts'
import {
  ApiError,
  Invite,
  InviteParams,
  InviteRequest,
  InviteView,
  RoomParams,
} from '../schemas.ts'
import type { Api } from '../server.ts'

/** The ways into a room: made, looked at, ended. */
export function inviteRoutes({ engine }: ApiContext) {
  const idOf = (request: { params: { room: string } }): string =>
    findRoom(request.params.room, engine.rooms()).id
  return async (app: Api): Promise<void> => {
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
        const invite = await engine.invite(idOf(request), request.body)
        return reply.code(201).send({ invite })
      },
    )
    app.get(
      '/rooms/:room/invites',
      {
        schema: {
          summary: 'The invites of a room, and how far each is used up',
          params: RoomParams,
          response: { 200: Type.Immutable(Type.Array(InviteView)), default: ApiError },
        },
      },
      (request) => engine.invites(idOf(request)),
    )
    app.delete(
      '/rooms/:room/invites/:invite',
      {
        schema: {
          summary: 'End an invite, for everybody who has not entered by it yet',
          params: InviteParams,
          response: { 200: InviteView, default: ApiError },
        },
      },
      async (request) => {
        const room = idOf(request)
        const invite = findInvite(request.params.invite, engine.invites(room))
        await engine.revoke(room, invite.id)
        return engine.invites(room).find(({ id }) => id === invite.id) ?? invite
      },
    )
  }
}
