/** Which devices this one would like a link to. Pure. */

/** What a room's members are, as far as links go. */
export interface RoomDevices {
  readonly joined: boolean
  /** By device (hex). */
  readonly devices: Iterable<
    readonly [device: string, { readonly person: string; readonly standing: string }]
  >
}

/** A member's device (hex) to which no link leads. */
export interface Missing {
  readonly device: string
  /** Of one of the rooms that it is in, no other device is linked. */
  readonly urgent: boolean
}

export interface MissingFacts {
  readonly rooms: Iterable<RoomDevices>
  /** Devices (hex) to which a connection leads, direct or by a circuit. */
  readonly linked: ReadonlySet<string>
  readonly own: string
  /** Persons that this one wants nothing of. */
  readonly blocked: (person: string) => boolean
}

/** Members that are in, not blocked and not linked; at most `most`, those of rooms that stand still first. */
export function missingDevices(facts: MissingFacts, most: number): Missing[] {
  const { rooms, linked, own, blocked } = facts
  const urgent = new Set<string>()
  const apart = new Set<string>()
  for (const room of rooms) {
    if (!room.joined) continue
    const others = [...room.devices].filter(
      ([device, { standing }]) => standing === 'in' && device !== own,
    )
    const still = !others.some(([device]) => linked.has(device))
    for (const [device, { person }] of others) {
      if (!linked.has(device) && !blocked(person)) (still ? urgent : apart).add(device)
    }
  }
  const all = [
    ...[...urgent].map((device) => ({ device, urgent: true })),
    ...[...apart]
      .filter((device) => !urgent.has(device))
      .map((device) => ({ device, urgent: false })),
  ]
  return all.slice(0, most)
}
