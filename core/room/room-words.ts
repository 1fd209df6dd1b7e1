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

/** `wait` in ms. */
export function wroteTooMuch(wait: number): PorchlightError {
  const minutes = Math.ceil(wait / 60_000)
  const when =
    minutes === 1
      ? 'a minute'
      : minutes < 120
        ? `${minutes} minutes`
        : `${Math.ceil(minutes / 60)} hours`
  return new PorchlightError(
    'RATE_LIMITED',
    `This device wrote as much in this room as members take from one. Nothing was sent, and what was written before is safe; you can write again in ${when}.`,
  )
}
