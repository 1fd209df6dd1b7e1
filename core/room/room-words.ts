import type { Role } from '../api.ts'
import { PorchlightError } from '../errors.ts'

/** A refusal that says who may do it. */
export function notAllowed(role: Role, what: string, who: string): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    `As ${role} of this room you can not ${what}. Nothing was changed; ${who} can.`,
  )
}

/** This person or device was removed from the room. */
export function removedFrom(): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    'This device was removed from the room. What it has stays readable here, nothing was sent; ask a member for a new invite.',
  )
}
