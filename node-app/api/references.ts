import type {
  DeviceView,
  EngineApi,
  InviteView,
  MemberView,
  RoomView,
  WarningView,
} from '../../core/api.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { FileView } from '../../core/files/api.ts'
import type { MirrorView } from '../../core/mirror/api.ts'
import { findReferenced } from './reference.ts'

const WHOLE_ID = /^[0-9a-f]{64}$/

/** The room that is meant. Errors: NOT_FOUND, AMBIGUOUS. */
export function findRoom<T extends Pick<RoomView, 'id' | 'name'>>(
  reference: string,
  rooms: readonly T[],
): T {
  return findReferenced(reference, rooms, {
    noun: 'room',
    named: true,
    where: 'See them with `porchlight room list`.',
  })
}

/**
 * The member who is meant; a name that another's resembles is never enough.
 * Errors: NOT_FOUND, AMBIGUOUS.
 */
export function findMember<T extends Pick<MemberView, 'id' | 'name' | 'confusable'>>(
  reference: string,
  members: readonly T[],
): T {
  return findReferenced(reference, members, {
    noun: 'member',
    named: true,
    where: 'See them with `porchlight member list ROOM`.',
  })
}

/** The same, where one who is a member no more can be meant too: by the whole id alone. */
export function findPerson<T extends Pick<MemberView, 'id' | 'name' | 'confusable'>>(
  reference: string,
  members: readonly T[],
): { id: string; name: string } {
  try {
    const { id, name } = findMember(reference, members)
    return { id, name }
  } catch (error) {
    const whole = WHOLE_ID.test(reference)
    if (whole && error instanceof PorchlightError && error.code === 'NOT_FOUND') {
      return { id: reference, name: '' }
    }
    throw error
  }
}

/** Everybody in this person's rooms, each once; confusable where they are so in any room. */
export function everybody(engine: EngineApi): readonly MemberView[] {
  const all = new Map<string, MemberView>()
  for (const room of engine.rooms()) {
    for (const member of engine.members(room.id)) {
      const known = all.get(member.id)
      if (known === undefined || (member.confusable && !known.confusable)) {
        all.set(member.id, member)
      }
    }
  }
  return [...all.values()]
}

/** One of this person's own devices. Errors: NOT_FOUND, AMBIGUOUS. */
export function findDevice(reference: string, devices: readonly DeviceView[]): DeviceView {
  return findReferenced(reference, devices, {
    noun: 'device',
    named: true,
    where: 'See them with `porchlight device list`.',
  })
}

/** An invite of a room. Errors: NOT_FOUND, AMBIGUOUS. */
export function findInvite(reference: string, invites: readonly InviteView[]): InviteView {
  return findReferenced(reference, invites, {
    noun: 'invite',
    named: false,
    where: 'See them with `porchlight invite ROOM --list`.',
  })
}

/** A warning that was not acknowledged yet. Errors: NOT_FOUND, AMBIGUOUS. */
export function findWarning(reference: string, warnings: readonly WarningView[]): WarningView {
  return findReferenced(reference, warnings, {
    noun: 'warning',
    named: false,
    where: 'See them with `porchlight warnings`.',
  })
}

/** A file of a room. Errors: NOT_FOUND, AMBIGUOUS. */
export function findFile(reference: string, files: readonly FileView[]): FileView {
  return findReferenced(reference, files, {
    noun: 'file',
    named: true,
    where: 'See them with `porchlight file list ROOM`.',
  })
}

/** A blind peer that a room is asked to be mirrored at. Errors: NOT_FOUND, AMBIGUOUS. */
export function findNode(reference: string, mirrors: readonly MirrorView[]): MirrorView {
  const nodes = mirrors.map((mirror) => ({ id: mirror.node, name: mirror.name, mirror }))
  const { mirror } = findReferenced(reference, nodes, {
    noun: 'blind peer of this room',
    named: true,
    where: 'See them with `porchlight mirror list ROOM`.',
  })
  return mirror
}
