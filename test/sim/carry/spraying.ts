import { chooseRegulars, regularsEach } from '../../../core/mirror/carry/regulars.ts'
import { beginWith, handOver, makeSpace } from '../../../core/mirror/carry/spray.ts'
import type { Parcel, SprayLimits } from '../../../core/mirror/carry/spray.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { forEachBit, has, put, take } from './bits.ts'
import type { Carriers, Protocol, Stock } from './carriers.ts'
import { DAY } from './days.ts'
import type { World } from './world.ts'

const MINUTE = 60_000
/** How often devices think again of who their regulars are, minutes. */
const CHOICE = 6 * 60

/** For how long a device that is full takes nothing, minutes. */
const FULL = 60

interface Stranger {
  readonly device: number
  days: number
  time: number
  lastDay: number
}

/** Ours: the policy of core/mirror/carry, on the devices of a simulated town. */
export function spraying(limits: SprayLimits, quota: number): Protocol {
  return (world, stock) => new Spraying(world, stock, limits, quota)
}

class Spraying implements Carriers {
  readonly #world: World
  readonly #stock: Stock
  readonly #limits: SprayLimits
  readonly #quota: number
  readonly #knows: Acknowledgements
  /** Per device and message. */
  readonly #copies: readonly Uint8Array[]
  readonly #strangers: readonly Map<number, Stranger>[]
  /** Per room, its messages as words of a set. */
  readonly #ofRoom: readonly Uint32Array[]
  /** Who begins to spray what, by the minute in which it is due. */
  readonly #due = new Map<number, [device: number, message: number][]>()
  readonly #fullUntil: Int32Array
  #now = 0
  #expired = 0

  constructor(world: World, stock: Stock, limits: SprayLimits, quota: number) {
    const { town, writing } = world
    this.#world = world
    this.#stock = stock
    this.#limits = limits
    this.#quota = quota
    this.#knows = new Acknowledgements(world, stock)
    this.#fullUntil = new Int32Array(stock.got.length)
    this.#copies = stock.got.map(() => new Uint8Array(writing.count))
    this.#strangers = stock.got.map(() => new Map<number, Stranger>())
    this.#ofRoom = town.rooms.map(() => new Uint32Array((writing.count + 31) >>> 5))
    writing.room.forEach((room, message) => put(this.#ofRoom[room]!, message))
  }

  written(message: number): void {
    const author = this.#world.writing.author[message]!
    this.#knows.has(author, message)
    this.#begin(author, message)
  }

  minute(now: number): void {
    this.#now = now
    for (const [device, message] of this.#due.get(now) ?? []) this.#spray(device, message)
    this.#due.delete(now)
    this.#expire()
    if (now % CHOICE === CHOICE - 1) this.#choose()
  }

  linked(a: number, b: number, minutes: number): void {
    const { devices } = this.#world.town
    if (a >= devices.length || b >= devices.length) return
    this.#remember(a, b, minutes)
    this.#remember(b, a, minutes)
  }

  compare(a: number, b: number, written: number): void {
    this.#knows.shareAll(a, b, written)
    for (const device of [a, b]) this.#stopWhatAllHave(device, written)
  }

  hand(message: number, a: number, b: number, carries: number, now: number): number | null {
    const parcel = this.#parcel(a, message)
    const wants = has(this.#stock.wants[b]!, message)
    const met = { wants: wants || has(this.#stock.favours[b]!, message), carries }
    const copies = handOver(parcel, met, now * MINUTE)
    if (copies === null || wants) return copies
    return this.#makeSpace(b, { ...parcel, copies }) ? copies : null
  }

  given(message: number, a: number, b: number, copies: number): void {
    const { wants } = this.#stock
    this.#set(a, message, this.#copies[a]![message]! - copies)
    this.#set(b, message, copies)
    if (!has(wants[b]!, message)) return
    this.#knows.has(b, message)
    if (has(wants[a]!, message)) this.#knows.share(a, b, message)
    else this.#begin(b, message)
  }

  /** A member's device has something that members around may lack. */
  #begin(device: number, message: number): void {
    if (device >= this.#world.town.devices.length) return
    const due = this.#now + Math.ceil(this.#limits.patience / MINUTE) + 1
    const list = this.#due.get(due) ?? []
    this.#due.set(due, list)
    list.push([device, message])
  }

  #spray(device: number, message: number): void {
    const since = this.#world.writing.at[message]! * MINUTE
    const everywhere = this.#knows.everywhere(device, message)
    this.#set(device, message, beginWith({ since, everywhere }, this.#now * MINUTE, this.#limits))
    if (this.#copies[device]![message]! > 1) this.#stock.offer(device, message)
  }

  #stopWhatAllHave(device: number, written: number): void {
    const { spare, wants } = this.#stock
    for (let word = 0; word <= written >>> 5; word++) {
      const own = spare[device]![word]! & wants[device]![word]!
      if (own === 0) continue
      forEachBit(own, word, (message) => {
        if (this.#knows.everywhere(device, message)) this.#set(device, message, 0)
      })
    }
  }

  #set(device: number, message: number, copies: number): void {
    this.#copies[device]![message] = copies
    const spare = this.#stock.spare[device]!
    if (copies > 1) put(spare, message)
    else take(spare, message)
  }

  #parcel(device: number, message: number): Parcel {
    const { writing } = this.#world
    const since = writing.at[message]! * MINUTE
    const copies = this.#copies[device]![message]!
    return { bytes: writing.bytes[message]!, copies, since, until: since + this.#limits.life }
  }

  #makeSpace(device: number, newcomer: Parcel): boolean {
    const { got, wants, stored } = this.#stock
    if (stored[device]! + newcomer.bytes <= this.#quota) return true
    if (this.#now < this.#fullUntil[device]!) return false
    const held: (Parcel & { message: number })[] = []
    for (let word = this.#expired >>> 5; word < got[device]!.length; word++) {
      forEachBit(got[device]![word]! & ~wants[device]![word]!, word, (message) => {
        if (message >= this.#expired) held.push({ message, ...this.#parcel(device, message) })
      })
    }
    // Some more at once, or each arrival at a full device would sort all that it holds.
    const bytes = Math.max(newcomer.bytes, this.#quota / 32)
    const dropped = makeSpace(held, { ...newcomer, bytes }, this.#quota, this.#now * MINUTE)
    // Who is full says so when a link begins, and not of each message.
    if (dropped === null) this.#fullUntil[device] = this.#now + FULL
    for (const parcel of dropped ?? []) {
      stored[device]! -= parcel.bytes
      take(got[device]!, parcel.message)
      this.#set(device, parcel.message, 0)
    }
    return dropped !== null
  }

  #expire(): void {
    const { writing } = this.#world
    const { got, wants, stored } = this.#stock
    const end = this.#now * MINUTE - this.#limits.life
    for (; this.#expired < writing.count; this.#expired++) {
      const message = this.#expired
      if (writing.at[message]! * MINUTE > end) break
      got.forEach((bits, device) => {
        if (has(bits, message) && !has(wants[device]!, message)) {
          stored[device]! -= writing.bytes[message]!
        }
        this.#set(device, message, 0)
      })
    }
  }

  #remember(device: number, other: number, minutes: number): void {
    const known = this.#strangers[device]!
    const day = Math.floor(this.#now / DAY)
    const stranger = known.get(other) ?? { device: other, days: 0, time: 0, lastDay: -1 }
    known.set(other, stranger)
    stranger.time += minutes * MINUTE
    if (stranger.lastDay !== day) stranger.days++
    stranger.lastDay = day
  }

  /** Each device names its regulars, for each of its rooms those who are no members of it. */
  #choose(): void {
    const { rooms } = this.#world.town
    const { favours } = this.#stock
    for (const bits of favours) bits.fill(0)
    rooms.forEach(({ members }, room) => {
      const among = new Set(members)
      const each = regularsEach(members.length, this.#limits)
      for (const device of each > 0 ? members : []) {
        const strangers = [...this.#strangers[device]!.values()].filter(
          (met) => !among.has(met.device),
        )
        for (const regular of chooseRegulars(strangers, each)) {
          this.#ofRoom[room]!.forEach((word, i) => {
            favours[regular.device]![i]! |= word
          })
        }
      }
    })
  }
}
