import { PorchlightError } from '../errors.ts'

/** This device can not act in a room yet. */
export function notLetIn(): PorchlightError {
  return new PorchlightError(
    'WAITING',
    "This device was not let into the room yet. It happens by itself as soon as a member's device is near; nothing is lost meanwhile.",
  )
}
