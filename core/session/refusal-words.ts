import type { Refusal } from './messages.ts'

/** What a person reads when a member's device did not let this one in. */
export const REFUSAL_WORDS: Readonly<Record<Refusal, string>> = {
  unknown: 'The room does not know this invite. Ask for a new one.',
  expired: 'This invite has expired. Ask a member for a new one.',
  revoked: 'This invite was revoked. Ask a member for a new one.',
  'used-up': 'This invite was used as often as it may be. Ask a member for a new one.',
  left: 'This device left the room. Ask a member for a new invite to come back.',
  removed:
    'This person or device was removed from the room. Only a new invite from a member who knows of that lets it back in.',
  full: 'The room, or this person in it, has as many devices as it may have. Remove one that is not used any more, then try again. Who came and went dozens of times can not come back as the same person.',
}
