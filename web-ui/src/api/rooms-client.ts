import { part, type Requester } from './requester.ts'
import type {
  Invite,
  InviteRequest,
  InviteView,
  MemberView,
  Role,
  RoomSettings,
  RoomView,
} from './views.ts'

/** Rooms, who is in them, and what an admin or a moderator does about it. */
export class RoomsClient {
  readonly #requester: Requester

  constructor(requester: Requester) {
    this.#requester = requester
  }

  list(): Promise<readonly RoomView[]> {
    return this.#requester.json('GET', 'rooms')
  }
  create(name: string): Promise<RoomView> {
    return this.#requester.json('POST', 'rooms', { body: { name } })
  }
  join(invite: string): Promise<RoomView> {
    return this.#requester.json('POST', 'join', { body: { invite } })
  }
  leave(room: string): Promise<unknown> {
    return this.#requester.json('DELETE', `rooms/${part(room)}`)
  }
  settings(room: string): Promise<RoomSettings> {
    return this.#requester.json('GET', `rooms/${part(room)}/settings`)
  }
  setSettings(room: string, change: Partial<RoomSettings>): Promise<RoomSettings> {
    return this.#requester.json('PATCH', `rooms/${part(room)}/settings`, { body: change })
  }
  invite(room: string, options: InviteRequest): Promise<Invite> {
    return this.#requester.json('POST', `rooms/${part(room)}/invites`, { body: options })
  }
  invites(room: string): Promise<readonly InviteView[]> {
    return this.#requester.json('GET', `rooms/${part(room)}/invites`)
  }
  revoke(room: string, invite: string): Promise<unknown> {
    return this.#requester.json('DELETE', `rooms/${part(room)}/invites/${part(invite)}`)
  }
  members(room: string): Promise<readonly MemberView[]> {
    return this.#requester.json('GET', `rooms/${part(room)}/members`)
  }
  setRole(room: string, person: string, role: Role): Promise<unknown> {
    return this.#requester.json('PUT', `${member(room, person)}/role`, { body: { role } })
  }
  mute(room: string, person: string, on: boolean): Promise<unknown> {
    return this.#requester.json('PUT', `${member(room, person)}/mute`, { body: { on } })
  }
  ban(room: string, person: string, on: boolean): Promise<unknown> {
    return this.#requester.json('PUT', `${member(room, person)}/ban`, { body: { on } })
  }
  remove(room: string, person: string): Promise<unknown> {
    return this.#requester.json('DELETE', member(room, person))
  }
}

function member(room: string, person: string): string {
  return `rooms/${part(room)}/members/${part(person)}`
}
