import { has } from './bits.ts'
import type { Stock } from './carriers.ts'
import { DAY } from './days.ts'
import type { World } from './world.ts'

/** What is written in the last days may still be under way when the week ends: it loads the links, but is not counted. */
const UNCOUNTED_DAYS = 2

/** What came of a week. Of (message, member) pairs, those count whose message was written two days before its end. */
export interface Outcome {
  /** Share of the pairs that came to be, by the end. */
  readonly delivered: number
  /** The same share within so many minutes of writing: one figure for each quarter of an hour. */
  readonly within: Float64Array
  /** Minutes that half, nine and ninety-nine tenths of the delivered pairs took at most. */
  readonly p50: number
  readonly p90: number
  readonly p99: number
  /** Of all that was sent, to members and carriers. */
  readonly bytes: number
  readonly bytesPerDelivery: number
  /** Devices that were given a message, on the average. */
  readonly copies: number
  /** The most bytes that a device carried for others at any time: the worst device, and the mean. */
  readonly storageMost: number
  readonly storageMean: number
}

export const QUARTER = 15

/** Counts while a week runs. */
export class Tally {
  readonly #world: World
  readonly #stock: Stock
  readonly #delays: Float64Array
  readonly #most: Float64Array
  #bytes = 0
  #given = 0
  #deliveries = 0

  constructor(world: World, stock: Stock) {
    this.#world = world
    this.#stock = stock
    this.#delays = new Float64Array(world.days * DAY + 1)
    this.#most = new Float64Array(stock.got.length)
  }

  given(message: number, to: number, now: number): void {
    const { town, writing } = this.#world
    this.#bytes += writing.bytes[message]!
    this.#given++
    this.#most[to] = Math.max(this.#most[to]!, this.#stock.stored[to]!)
    if (to >= town.devices.length || !has(this.#stock.wants[to]!, message)) return
    this.#deliveries++
    if (this.#counts(message)) this.#delays[now - writing.at[message]!]!++
  }

  outcome(): Outcome {
    const { town, writing } = this.#world
    let pairs = 0
    for (let message = 0; message < writing.count; message++) {
      if (this.#counts(message)) pairs += town.rooms[writing.room[message]!]!.members.length - 1
    }
    const within = new Float64Array(Math.ceil(this.#delays.length / QUARTER))
    const upTo = new Float64Array(this.#delays.length)
    let sum = 0
    this.#delays.forEach((count, minute) => {
      upTo[minute] = sum += count
      within[Math.floor(minute / QUARTER)] = sum / pairs
    })
    const percentile = (share: number): number => upTo.findIndex((count) => count >= share * sum)
    return {
      delivered: sum / pairs,
      within,
      p50: percentile(0.5),
      p90: percentile(0.9),
      p99: percentile(0.99),
      bytes: this.#bytes,
      bytesPerDelivery: this.#bytes / this.#deliveries,
      copies: this.#given / writing.count,
      storageMost: Math.max(...this.#most),
      storageMean: this.#most.reduce((x, y) => x + y, 0) / this.#most.length,
    }
  }

  #counts(message: number): boolean {
    const { days, writing } = this.#world
    return writing.at[message]! < (days - UNCOUNTED_DAYS) * DAY
  }
}
