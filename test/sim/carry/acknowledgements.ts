import { forEachBit } from './bits.ts'
import type { Stock } from './carriers.ts'
import type { World } from './world.ts'

/** What each member's device knows of who has what: heard from members in meetings alone, which is less than real. */
export class Acknowledgements {
  readonly #world: World
  readonly #stock: Stock
  /** Per room, each member's place. */
  readonly #places: readonly ReadonlyMap<number, number>[]
  /** Per message where its table begins; per member of its room a row of so many words. */
  readonly #begin: Int32Array
  readonly #table: Uint32Array

  constructor(world: World, stock: Stock) {
    const { town, writing } = world
    this.#world = world
    this.#stock = stock
    this.#places = town.rooms.map(({ members }) => new Map(members.map((device, i) => [device, i])))
    this.#begin = new Int32Array(writing.count)
    let end = 0
    for (let message = 0; message < writing.count; message++) {
      this.#begin[message] = end
      end += this.#members(message) * this.#width(message)
    }
    this.#table = new Uint32Array(end)
  }

  /** It has the message. */
  has(device: number, message: number): void {
    const place = this.#place(device, message)
    if (place !== undefined) this.#table[this.#row(place, message) + (place >>> 5)]! |= 1 << place
  }

  /** Two who have it tell each other who else does. */
  share(a: number, b: number, message: number): void {
    const [x, y] = [this.#place(a, message), this.#place(b, message)]
    if (x === undefined || y === undefined) return
    const [rowX, rowY] = [this.#row(x, message), this.#row(y, message)]
    for (let i = 0; i < this.#width(message); i++) {
      const both = this.#table[rowX + i]! | this.#table[rowY + i]!
      this.#table[rowX + i] = this.#table[rowY + i] = both
    }
  }

  /** Of all messages that both have. */
  shareAll(a: number, b: number, written: number): void {
    const { got, wants } = this.#stock
    for (let word = 0; word <= written >>> 5; word++) {
      const both = got[a]![word]! & got[b]![word]! & wants[a]![word]! & wants[b]![word]!
      if (both !== 0) forEachBit(both, word, (message) => this.share(a, b, message))
    }
  }

  /** The device knows that every member has it. */
  everywhere(device: number, message: number): boolean {
    const place = this.#place(device, message)
    if (place === undefined) return false
    const row = this.#row(place, message)
    const members = this.#members(message)
    for (let i = 0; i < members; i += 32) {
      const full = members - i >= 32 ? -1 : (1 << (members - i)) - 1
      if ((this.#table[row + (i >>> 5)]! | 0) !== full) return false
    }
    return true
  }

  #members(message: number): number {
    return this.#world.town.rooms[this.#world.writing.room[message]!]!.members.length
  }

  #width(message: number): number {
    return (this.#members(message) + 31) >>> 5
  }

  #place(device: number, message: number): number | undefined {
    return this.#places[this.#world.writing.room[message]!]!.get(device)
  }

  #row(place: number, message: number): number {
    return this.#begin[message]! + place * this.#width(message)
  }
}
