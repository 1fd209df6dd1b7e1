import type { Look } from './confusable.ts'

/** A person as others see them: id (hex) and the name that they go by. */
export interface Named {
  readonly id: string
  readonly name: string
}

/** Someone goes by the name of a person who was verified, or of this person, with another key. */
export interface Taken {
  readonly person: string
  readonly name: string
  /** Whose name it is; `self` when it is this person's own. */
  readonly of: Named
  readonly self: boolean
}

/** Who among a room's people looks like someone they are not. Names of the merely known are no promise to keep. */
export function takenNames(
  people: Iterable<Named>,
  verified: readonly Named[],
  self: Named,
  look: Look,
): Taken[] {
  const owners = new Map<string, Named>()
  for (const contact of verified) owners.set(look(contact.name), contact)
  owners.set(look(self.name), self)
  const known = new Set([...verified.map(({ id }) => id), self.id])
  const taken: Taken[] = []
  for (const { id, name } of people) {
    const owner = known.has(id) ? undefined : owners.get(look(name))
    if (owner) taken.push({ person: id, name, of: owner, self: owner.id === self.id })
  }
  return taken
}
