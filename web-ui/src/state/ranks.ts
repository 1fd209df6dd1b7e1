import type { MemberView, Role } from '../api/views.ts'

const RANK: Readonly<Record<Role, number>> = { reader: 0, member: 1, moderator: 2, admin: 3 }

export function isModerator(role: Role): boolean {
  return RANK[role] >= RANK.moderator
}

/** Whether somebody with this role may act on a member: on those below, and as admin on other admins. */
export function mayActOn(role: Role, member: MemberView): boolean {
  if (member.self || !isModerator(role)) return false
  return role === 'admin' || RANK[member.role] < RANK[role]
}
