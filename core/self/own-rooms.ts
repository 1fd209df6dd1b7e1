/** The rooms that a person's devices are in together, as a fact of the personal room tells of one. */
export type RoomFact =
  | { readonly encryptionKey: string; readonly name: string }
  /** The person left it. It stays known: a device that was away must leave too, not bring it back. */
  | { readonly left: true }

const MAX_NAME = 256

/** The fact as another device wrote it, or null for anything else. */
export function readRoomFact(key: string, value: unknown): RoomFact | null {
  if (!isKey(key) || typeof value !== 'object' || value === null) return null
  const { encryptionKey, name, left } = value as Record<string, unknown>
  if (left === true) return { left }
  if (typeof encryptionKey !== 'string' || !isKey(encryptionKey)) return null
  return { encryptionKey, name: typeof name === 'string' ? name.slice(0, MAX_NAME) : '' }
}

/** What is to be entered and left so that all devices are in the same rooms. */
export interface OwnRoomsPlan {
  /** Rooms of other devices that this one has to enter: control key (hex) and fact. */
  enter: { key: string; encryptionKey: string; name: string }[]
  /** Rooms that the person left elsewhere (control keys). */
  leave: string[]
  /** Rooms that the others do not know of (control keys). */
  tell: string[]
}

/** What one device must do so that all of the person's devices are in the same rooms; `here`: control keys of its rooms. */
export function planOwnRooms(
  facts: ReadonlyMap<string, unknown>,
  here: ReadonlySet<string>,
): OwnRoomsPlan {
  const plan: OwnRoomsPlan = { enter: [], leave: [], tell: [] }
  for (const [key, value] of facts) {
    const fact = readRoomFact(key, value)
    if (!fact) continue
    if ('left' in fact) {
      if (here.has(key)) plan.leave.push(key)
    } else if (!here.has(key)) plan.enter.push({ key, ...fact })
  }
  plan.tell = [...here].filter((key) => !readRoomFact(key, facts.get(key)))
  return plan
}

function isKey(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}
