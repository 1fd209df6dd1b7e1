/** Why a node does not hold a mirror, or no more of it; in the order of their numbers on the wire. */
export const REFUSED = ['full', 'share', 'address', 'crowded', 'false', 'closed', 'member'] as const
/** One of these reasons. */
export type Refused = (typeof REFUSED)[number]

/** What a person reads when a node does not hold a room for them. */
export const REFUSED_WORDS: Readonly<Record<Refused, string>> = {
  full: 'The node has no space left. What is here stays here; ask whoever runs it for more, or choose another node.',
  share:
    'The node holds as much as it holds for one device of people it does not know. Become a member of one of its rooms, or choose another node.',
  address:
    'The node holds as much as it holds for one network address. Become a member of one of its rooms, or choose another node.',
  crowded: 'Too many devices store this room at the node already. Nothing is lost; they go on.',
  false:
    'The node could not check that this device asks for it. Nothing was stored; connect again to have it tried anew.',
  member: 'The node is a member of this room and has all of it anyway.',
  closed: 'The node does not offer space any more. Choose another one.',
}
