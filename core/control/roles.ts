import type { Role } from '../api.ts'

/** By falling power; the index is what stands on the wire. */
export const ROLES: readonly Role[] = ['admin', 'moderator', 'member', 'reader']

/** True when someone of role `by` may let others in as `role`: up to their own, and never as admin. */
export function mayInvite(by: Role, role: Role): boolean {
  return by !== 'reader' && role !== 'admin' && ROLES.indexOf(role) >= ROLES.indexOf(by)
}

/** True when records of this role's logs count. */
export function mayWrite(role: Role): boolean {
  return role !== 'reader'
}

/** The more powerful of two. */
export function higher(a: Role, b: Role): Role {
  return ROLES.indexOf(a) <= ROLES.indexOf(b) ? a : b
}

/** The less powerful of two. */
export function lower(a: Role, b: Role): Role {
  return higher(a, b) === a ? b : a
}

/** True when someone of role `by` may remove, mute or ban someone of role `on`: lower ones, and admins each other. */
export function mayActOn(by: Role, on: Role): boolean {
  if (by === 'admin') return true
  return by === 'moderator' && ROLES.indexOf(on) > ROLES.indexOf(by)
}

/** True when this role has the room held by a node. */
export function mayMirror(role: Role): boolean {
  return role !== 'reader'
}

/** True when someone of role `by` takes back that a node holds the room; `own`: who asked for it. */
export function mayEndMirror(by: Role, own: boolean): boolean {
  return own || mayModerate(by)
}

/** True when this role hides and pins messages. */
export function mayModerate(role: Role): boolean {
  return role === 'admin' || role === 'moderator'
}
