import type { MirrorFiles } from '../api.ts'
import type { Refused } from '../policy/refusals.ts'
import type { Keeping } from './keeping.ts'

/** What a person reads when a node does not keep a file. */
const WORDS: Readonly<Record<Refused, string>> = {
  full: 'The node has no space left for some files. They stay where they are; messages go on.',
  share:
    'The node keeps as much as it keeps for one device of people it does not know. Some files are not there; messages go on.',
  address:
    'The node keeps as much as it keeps for one network address. Some files are not there; messages go on.',
  crowded: 'The node keeps such a file for another room. It is not there for this one.',
  false: 'What the node was sent of a file is not that file. It tries again by itself.',
  closed: 'The node does not hold this room any more.',
  member: 'The node is in the room itself, and gets its files as members do.',
}

/** How far a node has the files of a room, of what it said of each (by root, hex). */
export function mirrorFiles(named: number, keeping: Iterable<Keeping>): MirrorFiles {
  let [kept, refused] = [0, 0]
  let reason: Refused | null = null
  for (const one of keeping) {
    if (one === 'kept') kept++
    else if (one !== 'waiting') {
      refused++
      reason = one
    }
  }
  return { named, kept, refused, ...(reason && { reason: WORDS[reason] }) }
}
