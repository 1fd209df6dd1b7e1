import type { MemberAct, Role, RoomSettings } from '../api.ts'
import type { ControlLog } from '../control/control-log.ts'
import type { Operation } from '../control/operation.ts'
import type { PersonEntry } from '../control/room-state.ts'
import { mayActOn, mayWrite, ROLES } from '../control/roles.ts'
import { PorchlightError } from '../errors.ts'
import { cutOf, devicesOf } from './known-cut.ts'
import type { CutFacts } from './known-cut.ts'
import type { KeyKeeper } from './epochs/key-keeper.ts'
import type { Membership } from './membership.ts'
import { notAllowed } from './room-words.ts'
import { checkSettings } from './settings.ts'

export interface ModerationOptions {
  readonly control: ControlLog
  readonly membership: Membership
  readonly keeper: KeyKeeper
  /** How many records of a content log (hex) are here. */
  readonly reach: CutFacts['reach']
  /** How many there are as its author's device or signature says: what was written while it was not to count. */
  readonly written: CutFacts['reach']
}

/** What a member does about other members, and the room's rules. */
export class Moderation {
  readonly #options: ModerationOptions

  constructor(options: ModerationOptions) {
    this.#options = options
  }

  get settings(): RoomSettings {
    return this.#options.control.state.settings
  }

  /** Errors: `WAITING`, `NOT_ALLOWED`, `BAD_REQUEST`. */
  async setSettings(change: Partial<RoomSettings>): Promise<RoomSettings> {
    const { control, membership, keeper } = this.#options
    membership.checkIn()
    const before = this.settings
    const next = checkSettings({ ...before, ...change })
    if (membership.role !== 'admin') {
      throw notAllowed(membership.role, 'change its settings', 'an admin of the room')
    }
    const { rotateEvery, keepFor, disappearAfter } = next
    const history = next.history === 'all' ? 0 : 1
    await control.append({ type: 'settings', history, rotateEvery, keepFor, disappearAfter })
    // Links made so far would lead back from the present key to those that are to go.
    if (keepFor !== null && before.keepFor === null) await keeper.rotate()
    return this.settings
  }

  /** Errors: `WAITING`, `NOT_FOUND`, `NOT_ALLOWED`, `BAD_REQUEST`. */
  async moderate(person: string, act: MemberAct): Promise<void> {
    const { control, membership, keeper } = this.#options
    membership.checkIn()
    const target = control.state.persons.get(person)
    if (!target) {
      throw new PorchlightError(
        'NOT_FOUND',
        `There is no person ${person.slice(0, 16)} in this room. Look at its members.`,
      )
    }
    if (person === membership.person && act.act !== 'role') {
      throw new PorchlightError(
        'BAD_REQUEST',
        'This is you. To be out of the room, leave it; nothing was changed.',
      )
    }
    this.#check(target, act)
    await control.append(this.#entry(Buffer.from(person, 'hex'), act))
    await keeper.hurry()
  }

  /** Cuts another device of this person off; nothing where it is not in, or this one is not. Errors: `DISK_FULL`. */
  async drop(device: string): Promise<void> {
    const { control, membership, keeper, reach } = this.#options
    const entry = control.state.devices.get(device)
    if (!membership.joined || entry?.person !== membership.person || entry.dropped) return
    const facts = { state: control.state, heads: control.heads(), reach }
    const cut = cutOf(facts, new Set([device]))
    await control.append({ type: 'drop', device: Buffer.from(device, 'hex'), cut })
    await keeper.hurry()
  }

  #check(target: PersonEntry, act: MemberAct): void {
    const { role } = this.#options.membership
    if (act.act === 'role') {
      if (role !== 'admin') throw notAllowed(role, 'change roles', 'an admin of the room')
      return
    }
    if (mayActOn(role, target.role)) return
    const who = whoMayActOn(target.role)
    throw notAllowed(role, `${WORDS[act.act]} ${withArticle(target.role)}`, who)
  }

  #entry(person: Buffer, act: MemberAct): Operation {
    if (act.act === 'ban' && !act.on) return { type: 'unban', person }
    const { control, reach, written } = this.#options
    const { role } = control.state.persons.get(person.toString('hex'))!
    const lifts = act.act === 'role' ? !mayWrite(role) : act.act === 'mute' && !act.on
    const facts = {
      state: control.state,
      heads: control.heads(),
      reach: lifts ? written : reach,
    }
    const cut = cutOf(facts, devicesOf(control.state, person.toString('hex')))
    switch (act.act) {
      case 'role':
        return { type: 'role', person, role: ROLES.indexOf(act.role), cut }
      case 'mute':
        return { type: 'mute', person, on: act.on ? 1 : 0, cut }
      default:
        return { type: 'remove', person, ban: act.act === 'ban' ? 1 : 0, cut }
    }
  }
}

const WORDS = { remove: 'remove', mute: 'mute', ban: 'ban' } as const

function withArticle(role: Role): string {
  return role === 'admin' ? 'an admin' : `a ${role}`
}

function whoMayActOn(role: Role): string {
  const byModerators = role === 'member' || role === 'reader'
  return byModerators ? 'an admin or a moderator of the room' : 'an admin of the room'
}
