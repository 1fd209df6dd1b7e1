import { PorchlightError } from '../errors.ts'
import type { PairingRefusal } from './pairing-messages.ts'

/** What a person reads on the device that offered, when nothing came of it. */
export const HOST_WORDS: Readonly<Record<PairingRefusal | 'mismatch', string>> = {
  used: 'This code was used by another device. Nothing was given away; make a new code.',
  expired: 'No new device came within ten minutes. Nothing was given away; make a new code.',
  declined: 'The other device was not let in. Nothing was given to it.',
  'too-far':
    'The new device can not be let in from here: too many pairings lie between this device and your first one. Nothing was given away; offer the pairing on a device that was paired earlier.',
  mismatch:
    'The other device saw another device in this one’s place: someone may stand between them. Nothing was given away; make a new code where no stranger sees it.',
}

/** Another device than the code names answered. */
export function mismatch(): PorchlightError {
  return new PorchlightError(
    'MISMATCH',
    'Another device than the one that shows the code answered: someone may stand between them. Nothing was taken over; make a new code where no stranger sees it.',
  )
}

/** Why the offering device did not let this one in. */
export function refused(reason: PairingRefusal): PorchlightError {
  switch (reason) {
    case 'used':
      return new PorchlightError(
        'BAD_INVITE',
        'This pairing code was used already. Nothing was changed; make a new code on your other device.',
      )
    case 'expired':
      return new PorchlightError(
        'BAD_INVITE',
        'This pairing code has expired. Nothing was changed; make a new code on your other device.',
      )
    case 'declined':
      return new PorchlightError(
        'NOT_ALLOWED',
        'The other device did not let this one in. Nothing was changed; make a new code and compare the digits again.',
      )
    case 'too-far':
      return new PorchlightError(
        'NOT_ALLOWED',
        'The other device can not let this one in: too many pairings lie between it and your first device. Nothing was changed; take a code from a device that was paired earlier.',
      )
  }
}

/** Nobody answered in time. */
export function unanswered(): PorchlightError {
  return new PorchlightError(
    'TIMED_OUT',
    'The other device did not answer. Nothing was changed. Keep both devices on the same network with Porchlight open, and make a new code: one is good for ten minutes.',
  )
}

/** Only an empty device can become another person's. */
export function notEmpty(): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    'This device has rooms or other devices already, and pairing would take them from it. Nothing was changed; pair one that never had a room: start Porchlight there with a fresh --data folder.',
  )
}
