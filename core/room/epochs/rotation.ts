import type { KeyPair } from 'hypercore'
import { epochId } from '../../control/epoch-id.ts'
import type { RoomState } from '../../control/room-state.ts'
import { MAX_LINKS, PREFIX } from '../../control/operation.ts'
import type { KeyBox, KeyLink, Operation } from '../../control/operation.ts'
import type { Random } from '../../random.ts'
import { epochPair, makeBox, makeLink } from './key-box.ts'
import { uncovered } from './key-cover.ts'

/** What a rotation is made of. */
export interface RotationParts {
  readonly state: RoomState
  /** Keys that this device has. */
  readonly held: ReadonlyMap<number, Buffer>
  readonly room: Buffer
  /** Who writes it (hex). */
  readonly device: string
  readonly at: number
  readonly random: Random
}

/** A rotation that hands a fresh key to every device that is in, and by the room's settings all older ones. */
export function makeRotation(facts: RotationParts): Operation & { type: 'rotate' } {
  const { state, room, at, random } = facts
  const { key, pair, epoch } = freshKey(facts)
  const boxes: KeyBox[] = []
  for (const [id, { standing }] of state.devices) {
    const device = Buffer.from(id, 'hex')
    const box = standing === 'in' ? makeBox(key, pair, device, room) : null
    if (box) boxes.push({ device: device.subarray(0, PREFIX), box })
  }
  const links: KeyLink[] = oldOnes(facts).map((older) => ({
    epoch: older.epoch,
    link: makeLink(older, { epoch, key }, room, random.bytes(24)),
  }))
  return {
    type: 'rotate',
    epoch,
    parent: state.epoch,
    at,
    ephemeral: pair.publicKey,
    boxes,
    links,
  }
}

/** An id names one epoch only. */
function freshKey(facts: RotationParts): { key: Buffer; pair: KeyPair; epoch: number } {
  const { state, room, device, random } = facts
  for (;;) {
    const key = random.bytes(32)
    const pair = epochPair(key, room)
    const epoch = epochId(pair.publicKey, room, Buffer.from(device, 'hex'))
    if (!state.epochs.has(epoch)) return { key, pair, epoch }
  }
}

/** The keys to link: of the current epoch and of those beside it; none where old keys are to go. */
function oldOnes({ state, held }: RotationParts): { epoch: number; key: Buffer }[] {
  const { history, keepFor } = state.settings
  if (history === 'joined' || keepFor !== null) return []
  const current = held.has(state.epoch) ? [state.epoch] : []
  const beside = uncovered(state, state.epoch, held.keys()).map(({ id }) => id)
  return [...current, ...beside]
    .slice(0, MAX_LINKS)
    .map((epoch) => ({ epoch, key: held.get(epoch)! }))
}
