import Type from '../schemas/type.ts'
import type { MemberAct } from '../../../core/api.ts'
import type { ApiContext } from '../context.ts'
import { findMember, findPerson, findRoom } from '../references.ts'
import {
  ApiError,
  MemberParams,
  MemberView,
  PersonReference,
  RoleRequest,
  RoomParams,
  SwitchRequest,
} from '../schemas.ts'
import type { Api } from '../server.ts'

/** Who is in a room, and what moderators do about it. */
export function memberRoutes({ engine }: ApiContext) {
  /** Acts on whom the request means, and says who that was. */
  const moderate = async (
    { params }: { params: { room: string; member: string } },
    act: MemberAct,
  ): Promise<PersonReference> => {
    const room = findRoom(params.room, engine.rooms()).id
    const members = engine.members(room)
    // Who was banned is a member no more: only such a one may be somebody whom the list does not name.
    const find = act.act === 'ban' ? findPerson : findMember
    const { id, name } = find(params.member, members)
    await engine.moderate(room, id, act)
    return { id, name }
  }
  const response = { 200: PersonReference, default: ApiError }
  return async (app: Api): Promise<void> => {
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
    app.delete(
      '/rooms/:room/members/:member',
      {
        schema: {
          summary: 'Remove a member: all of their devices are out, and the key changes',
          params: MemberParams,
          response,
        },
      },
      (request) => moderate(request, { act: 'remove' }),
    )
    app.put(
      '/rooms/:room/members/:member/role',
      {
        schema: {
          summary: 'Give a member a role',
          params: MemberParams,
          body: RoleRequest,
          response,
        },
      },
      (request) => moderate(request, { act: 'role', role: request.body.role }),
    )
    app.put(
      '/rooms/:room/members/:member/mute',
      {
        schema: {
          summary: 'Show nothing that a member writes from now on, or show it again',
          params: MemberParams,
          body: SwitchRequest,
          response,
        },
      },
      (request) => moderate(request, { act: 'mute', on: request.body.on }),
    )
    app.put(
      '/rooms/:room/members/:member/ban',
      {
        schema: {
          summary: 'Remove a person and refuse them every invite, or lift that',
          params: MemberParams,
          body: SwitchRequest,
          response,
        },
      },
      (request) => moderate(request, { act: 'ban', on: request.body.on }),
    )
  }
}
