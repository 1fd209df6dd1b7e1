import type { Random } from '../../../core/random.ts'
import { DAY, dayOf } from './days.ts'
import type { PlaceKind, Places, Stay } from './days.ts'
import type { Town } from './town.ts'

/** Bytes that a minute of each kind of link carries: a local network, and a radio like Bluetooth's. */
export const LAN = 60 * 5_000_000
export const RADIO = 60 * 20_000

/** Who is linked with whom from one minute to another, by time of beginning. */
export interface Contacts {
  readonly count: number
  readonly from: Int32Array
  readonly to: Int32Array
  readonly a: Int32Array
  readonly b: Int32Array
  readonly rate: Int32Array
}

/** How those at a place meet: all linked at that rate, or each with so many others an hour by chance. */
type Manner = { readonly rate: number } | { readonly hourly: number; readonly minutes: number }

const MANNERS: Readonly<Record<PlaceKind, Manner>> = {
  home: { rate: LAN },
  work: { rate: LAN },
  // In a room, on a bus and in a shop, radios hear each other.
  class: { rate: RADIO },
  bus: { rate: RADIO },
  shop: { rate: RADIO },
  yard: { hourly: 6, minutes: 4 },
  market: { hourly: 15, minutes: 3 },
  hall: { hourly: 10, minutes: 15 },
}

type Meet = (x: Stay, y: Stay, from: number, to: number, rate: number) => void

/** All contacts of so many days, and the stays of every device by time. */
export function makeContacts(
  town: Town,
  days: number,
  random: Random,
): { contacts: Contacts; stays: readonly (readonly Stay[])[] } {
  const found: (readonly [number, number, number, number, number])[] = []
  const stays: Stay[][] = Array.from({ length: town.devices.length }, () => [])
  const meet: Meet = (x, y, from, to, rate) => {
    if (x.device !== y.device && to > from) found.push([from, to, x.device, y.device, rate])
  }
  for (let day = 0; day < days; day++) {
    const places = dayOf(town, day, random)
    for (const place of places.values()) {
      for (const stay of place.stays) stays[stay.device]!.push(stay)
      const manner = MANNERS[place.kind]
      if ('rate' in manner) network(place.stays, meet, manner.rate)
      else byChance(place.stays, manner, random, meet)
      if (place.pi >= 0) {
        const pi = { device: place.pi, from: day * DAY, to: (day + 1) * DAY }
        for (const stay of place.stays) meet(stay, pi, stay.from, stay.to, LAN)
      }
    }
    acrossTheWall(town, places, random, meet)
  }
  found.sort((x, y) => x[0] - y[0])
  const column = (i: 0 | 1 | 2 | 3 | 4): Int32Array => Int32Array.from(found, (one) => one[i])
  return {
    contacts: {
      count: found.length,
      from: column(0),
      to: column(1),
      a: column(2),
      b: column(3),
      rate: column(4),
    },
    stays,
  }
}

function network(stays: readonly Stay[], meet: Meet, rate: number): void {
  stays.forEach((x, i) => {
    for (const y of stays.slice(i + 1)) {
      meet(x, y, Math.max(x.from, y.from), Math.min(x.to, y.to), rate)
    }
  })
}

/** Each meets somebody who is there, now and then. */
function byChance(
  stays: readonly Stay[],
  { hourly, minutes }: { hourly: number; minutes: number },
  random: Random,
  meet: Meet,
): void {
  for (const x of stays) {
    for (let at = x.from; at < x.to; at += 5) {
      // Both sides of each meeting draw it: half each.
      if (random.float() >= hourly / 24) continue
      const y = stays[Math.floor(random.float() * stays.length)]!
      const end = at + 1 + Math.floor(random.float() * minutes)
      if (y.from <= at && at < y.to) meet(x, y, at, Math.min(end, x.to, y.to), RADIO)
    }
  }
}

/** Next doors hear each other's radios for some minutes an hour. */
function acrossTheWall(town: Town, places: Places, random: Random, meet: Meet): void {
  for (const street of town.streets) {
    for (let i = 1; i < street.length; i++) {
      const here = places.get(`home ${street[i - 1]}`)?.stays ?? []
      const there = places.get(`home ${street[i]}`)?.stays ?? []
      for (const x of here) {
        for (const y of there) {
          for (let at = Math.max(x.from, y.from); at < Math.min(x.to, y.to); at += 60) {
            const end = Math.min(at + 1 + Math.floor(random.float() * 5), x.to, y.to)
            if (random.float() < 0.15) meet(x, y, at, end, RADIO)
          }
        }
      }
    }
  }
}
