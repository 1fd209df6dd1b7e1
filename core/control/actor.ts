import type { Role } from '../api.ts'
import type { Causality } from './causality.ts'
import type { Claims, Strike } from './cut.ts'
import type { Entry } from './entry.ts'
import { higher, lower, ROLES } from './roles.ts'
import type { Person, Roster } from './roster.ts'

/** Who wrote an entry, and with what power: of acts against others, and of all else. Null is none. */
export interface Actor {
  readonly index: number
  readonly device: string
  readonly id: string
  readonly person: Person
  readonly against: Role | null
  readonly other: Role | null
}

/** What an author's power depends on. */
export interface ActorFacts {
  readonly roster: Roster
  readonly causality: Causality
  readonly heeded: Claims
}

/**
 * With what power an entry's author acted, by what the entries before it and later claims say of them; null for
 * who was never let in.
 */
export function actorOf(
  entry: Entry,
  index: number,
  { roster, causality, heeded }: ActorFacts,
): Actor | null {
  const id = roster.writers.get(entry.writer)
  const device = id === undefined ? undefined : roster.devices.get(id)
  if (!device) return null
  const person = roster.persons.get(device.person)!
  let against: Role | null = person.role
  let other: Role | null = person.role
  // Someone senior wins over an act against them that they did not know of.
  const resists = (act: { rank: number; index: number }): boolean =>
    person.seniority <= act.rank && !causality.knew(index, act.index)
  if (device.out) {
    other = null
    if (device.out.kind !== 'remove' || !resists(device.out)) against = null
  } else if (person.fall && resists(person.fall)) against = higher(against, person.fall.from)
  for (const strike of strikesOn(heeded, id!, device.person)) {
    if (strike.index < index || heeded.upheld.has(index)) continue
    // A cut says less than its author knew where a log was not open yet, or the author lies.
    if (causality.knew(strike.index, index)) continue
    if (entry.length <= (strike.control.get(entry.prefix) ?? 0)) continue
    const rest = strike.kind === 'role' ? ROLES[strike.role]! : null
    other = other && rest && lower(other, rest)
    if (strike.kind !== 'drop' && person.seniority > strike.rank) {
      against = against && rest && lower(against, rest)
    }
  }
  return { index, device: id!, id: device.person, person, against, other }
}

function* strikesOn({ strikes }: Claims, device: string, person: string): Iterable<Strike> {
  yield* strikes.get(device) ?? []
  yield* strikes.get(person) ?? []
}
