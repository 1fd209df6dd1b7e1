import type { InviteOptions, InviteView } from '../api.ts'
import type { Clock } from '../clock.ts'
import type { ControlLog } from '../control/control-log.ts'
import { PREFIX } from '../control/operation.ts'
import type { InviteEntry } from '../control/room-state.ts'
import { mayActOn, mayInvite, ROLES } from '../control/roles.ts'
import { keyPairFromSeed } from '../crypto/sign.ts'
import { PorchlightError } from '../errors.ts'
import type { Random } from '../random.ts'
import { formatInvite, MAX_INVITE_NODES } from './invite.ts'
import type { Membership } from './membership.ts'
import type { RoomRecord } from './room-record.ts'
import { notAllowed } from './room-words.ts'

/** Most devices that an entry names as let in by an invite that ends. */
const MAX_KEPT = 1024

export interface InvitesOptions {
  readonly record: RoomRecord
  readonly control: ControlLog
  readonly membership: Membership
  readonly clock: Clock
  readonly random: Random
  /** Nodes (hex) that hold the room, those that are best to reach first; default all that it names. */
  readonly holders?: () => readonly string[]
}

/** The ways into a room: makes them, lists them, ends them. */
export class Invites {
  readonly #options: InvitesOptions

  constructor(options: InvitesOptions) {
    this.#options = options
  }

  /** Errors: `WAITING`, `NOT_ALLOWED`, `BAD_REQUEST`, `DISK_FULL`. */
  async make(options: InviteOptions): Promise<string> {
    const { control, clock, random, record, membership } = this.#options
    const { role = 'member', uses = null, expiresIn = null } = options
    membership.checkIn()
    for (const number of [uses, expiresIn]) {
      if (number === null || (Number.isSafeInteger(number) && number >= 1)) continue
      throw new PorchlightError(
        'BAD_REQUEST',
        'An invite lets in at least one person and is good for some time, both in whole numbers. None was made.',
      )
    }
    if (!mayInvite(membership.role, role)) {
      const who = role === 'moderator' ? 'an admin or a moderator of the room' : 'a member'
      throw notAllowed(membership.role, `invite someone as ${role}`, who)
    }
    const seed = random.bytes(32)
    await control.append({
      type: 'invite',
      invite: keyPairFromSeed(seed).publicKey,
      role: ROLES.indexOf(role),
      uses,
      expiresAt: expiresIn === null ? null : clock.now() + expiresIn,
    })
    const encryptionKey = Buffer.from(record.encryptionKey, 'hex')
    const nodes = this.#nodes()
    return formatInvite({
      room: control.key,
      encryptionKey,
      seed,
      ...(nodes.length > 0 && { nodes }),
    })
  }

  #nodes(): Buffer[] {
    const { mirrors } = this.#options.control.state
    const best = [...(this.#options.holders?.() ?? []), ...mirrors.keys()]
    const named = [...new Set(best)].filter((node) => mirrors.has(node))
    return named.slice(0, MAX_INVITE_NODES).map((node) => Buffer.from(node, 'hex'))
  }

  list(): InviteView[] {
    const now = this.#options.clock.now()
    return [...this.#options.control.state.invites].map(([id, entry]) => ({
      id,
      role: entry.role,
      by: entry.by,
      used: entry.used.length,
      uses: entry.uses,
      expiresAt: entry.expiresAt,
      state: stateOf(entry, now),
    }))
  }

  /** Errors: `WAITING`, `NOT_FOUND`, `NOT_ALLOWED`. */
  async revoke(id: string): Promise<void> {
    const { control, membership } = this.#options
    const { invites, persons } = control.state
    const entry = invites.get(id)
    if (!entry) {
      throw new PorchlightError(
        'NOT_FOUND',
        `There is no invite ${id.slice(0, 16)} to this room. Look at the list of invites.`,
      )
    }
    membership.checkIn()
    const maker = persons.get(entry.by)
    const own = entry.by === membership.person
    if (!own && maker && !mayActOn(membership.role, maker.role)) {
      const who = 'who made it, or an admin of the room,'
      throw notAllowed(membership.role, 'end this invite', who)
    }
    if (entry.revoked) return
    const keep = entry.used.slice(-MAX_KEPT).map((device) => Buffer.from(device, 'hex'))
    await control.append({
      type: 'revoke',
      invite: Buffer.from(id, 'hex'),
      keep: keep.map((device) => device.subarray(0, PREFIX)),
    })
  }
}

function stateOf(entry: InviteEntry, now: number): InviteView['state'] {
  if (entry.revoked) return 'revoked'
  if (entry.uses !== null && entry.used.length >= entry.uses) return 'used-up'
  return entry.expiresAt !== null && now > entry.expiresAt ? 'expired' : 'open'
}
