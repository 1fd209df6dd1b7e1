import { forEachBit, has, put } from './bits.ts'
import type { Bits } from './bits.ts'
import type { Protocol, Stock } from './carriers.ts'
import { DAY } from './days.ts'
import { Tally } from './tally.ts'
import type { Outcome } from './tally.ts'
import type { World } from './world.ts'

/** Linked devices compare all that they have as often as this (minutes), for what became due without arriving. */
const COMPARE = 30
/** What a meeting gives to a stranger at most, bytes. */
const MEETING = 8 * 1024 * 1024

/**
 * Runs a protocol over a world, minute by minute. Whatever the protocol, whoever wants a message is given it by
 * whoever has it, the newest first, as far as the link carries.
 */
export function runWeek(world: World, protocol: Protocol): Outcome {
  const { town, contacts, writing, days } = world
  const devices = town.devices.length + town.blindPeers.length
  const bits = (): Bits[] =>
    Array.from({ length: devices }, () => new Uint32Array((writing.count + 31) >>> 5))
  const arrivals: number[][] = Array.from({ length: devices }, () => [])
  const stock: Stock = {
    got: bits(),
    wants: wanted(world, bits()),
    spare: bits(),
    favours: bits(),
    stored: new Float64Array(devices),
    offer: (device, message) => void arrivals[device]!.push(message),
  }
  const { got, wants, spare, favours } = stock
  const carriers = protocol(world, stock)
  const tally = new Tally(world, stock)
  // Per contact: how far into the arrivals of each end the other looked, and what was given to strangers.
  const seen = [new Int32Array(contacts.count), new Int32Array(contacts.count)] as const
  const unfinished = new Uint8Array(contacts.count)
  const carried = new Float64Array(contacts.count)
  const active: number[] = []
  const found: number[] = []
  let [now, begun, written, left] = [0, 0, 0, 0]

  /** False when the link is full for this minute. */
  function give(contact: number, a: number, b: number, message: number): boolean {
    const bytes = writing.bytes[message]!
    if (bytes > left) return false
    const copies = carriers.hand(message, a, b, MEETING - carried[contact]!, now)
    if (copies === null) return true
    left -= bytes
    put(got[b]!, message)
    arrivals[b]!.push(message)
    if (!has(wants[b]!, message)) {
      carried[contact]! += bytes
      stock.stored[b]! += bytes
    }
    tally.given(message, b, now)
    carriers.given?.(message, a, b, copies, now)
    return true
  }

  function giveAll(contact: number, a: number, b: number): boolean {
    const [mine, theirs, want, favour, mayGive] = [
      got[a]!,
      got[b]!,
      wants[b]!,
      favours[b]!,
      spare[a]!,
    ]
    found.length = 0
    for (let word = 0; word <= written >>> 5; word++) {
      const news = mine[word]! & ~theirs[word]! & (want[word]! | favour[word]! | mayGive[word]!)
      if (news !== 0) forEachBit(news, word, (message) => found.push(message))
    }
    for (const first of [true, false]) {
      for (let i = found.length - 1; i >= 0; i--) {
        const message = found[i]!
        if (has(want, message) === first && !give(contact, a, b, message)) return false
      }
    }
    return true
  }

  function giveNew(contact: number, a: number, b: number, cursor: Int32Array): boolean {
    const list = arrivals[a]!
    for (let i = cursor[contact]!; i < list.length; i++) {
      const message = list[i]!
      if (has(got[b]!, message) || !has(got[a]!, message)) continue
      const welcome = has(wants[b]!, message) || has(favours[b]!, message)
      if ((welcome || has(spare[a]!, message)) && !give(contact, a, b, message)) return false
    }
    cursor[contact] = list.length
    return true
  }

  function exchange(contact: number): void {
    const [a, b] = [contacts.a[contact]!, contacts.b[contact]!]
    const whole = unfinished[contact] === 1 || (now + contact) % COMPARE === 0
    const [fromA, fromB] = [arrivals[a]!.length, arrivals[b]!.length]
    if (!whole && seen[0][contact] === fromA && seen[1][contact] === fromB) return
    left = contacts.rate[contact]!
    if (!whole) {
      const done = giveNew(contact, a, b, seen[0]) && giveNew(contact, b, a, seen[1])
      unfinished[contact] = done ? 0 : 1
      return
    }
    carriers.compare?.(a, b, written)
    // Whose turn it is first changes, so that a slow link serves both.
    const [x, y] = now % 2 === 0 ? [a, b] : [b, a]
    const done = giveAll(contact, x, y) && giveAll(contact, y, x)
    unfinished[contact] = done ? 0 : 1
    seen[0][contact] = fromA
    seen[1][contact] = fromB
  }

  for (now = 0; now < days * DAY; now++) {
    for (let i = active.length - 1; i >= 0; i--) {
      if (contacts.to[active[i]!]! > now) continue
      active[i] = active.at(-1)!
      active.pop()
    }
    for (; begun < contacts.count && contacts.from[begun]! <= now; begun++) {
      active.push(begun)
      unfinished[begun] = 1
      const minutes = contacts.to[begun]! - contacts.from[begun]!
      carriers.linked?.(contacts.a[begun]!, contacts.b[begun]!, minutes)
    }
    for (; written < writing.count && writing.at[written]! <= now; written++) {
      put(got[writing.author[written]!]!, written)
      stock.offer(writing.author[written]!, written)
      carriers.written?.(written, now)
    }
    carriers.minute?.(now)
    for (const contact of active) exchange(contact)
  }
  return tally.outcome()
}

/** Members want their rooms' messages; blind peers those of streets and of the town. */
function wanted({ town, writing }: World, wants: Bits[]): Bits[] {
  for (let message = 0; message < writing.count; message++) {
    const { kind, members } = town.rooms[writing.room[message]!]!
    for (const device of members) put(wants[device]!, message)
    if (kind !== 'street' && kind !== 'town') continue
    town.blindPeers.forEach((_, i) => put(wants[town.devices.length + i]!, message))
  }
  return wants
}
