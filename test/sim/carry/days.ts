import type { Random } from '../../../core/random.ts'
import { CENTRE } from './town.ts'
import type { Device, Town } from './town.ts'

/** Minutes of a day; minutes count from midnight before a Monday. */
export const DAY = 24 * 60

/** A device at a place, on, from one minute to another. */
export interface Stay {
  readonly device: number
  readonly from: number
  readonly to: number
}

/** What kind of place it is decides how people there meet. */
export type PlaceKind = 'home' | 'work' | 'class' | 'yard' | 'shop' | 'market' | 'hall' | 'bus'

export interface Place {
  readonly kind: PlaceKind
  readonly stays: Stay[]
  /** The blind peer that stands there; -1 for none. */
  readonly pi: number
}

/** Who was where on one day, by the place's name. */
export type Places = ReadonlyMap<string, Place>

interface Chance {
  readonly minutes: (from: number, to: number) => number
  readonly happens: (share: number) => boolean
}

/** A day of everybody: where each device is while it is on. */
export function dayOf(town: Town, day: number, random: Random): Places {
  const places = new Map<string, Place>()
  const chance: Chance = {
    minutes: (from, to) => Math.round(from + (to - from) * random.float()),
    happens: (share) => random.float() < share,
  }
  town.devices.forEach((device, index) => {
    const out = errands(town, device, day, chance)
    for (const stay of atHome(device, out, chance)) out.push(stay)
    for (const { name, kind, from, to } of out) {
      if (to <= from) continue
      const pi = town.blindPeers.indexOf(name)
      const place = places.get(name) ?? {
        kind,
        stays: [],
        pi: pi < 0 ? -1 : town.devices.length + pi,
      }
      places.set(name, place)
      place.stays.push({ device: index, from: day * DAY + from, to: day * DAY + to })
    }
  })
  return places
}

interface Visit {
  readonly name: string
  readonly kind: PlaceKind
  readonly from: number
  readonly to: number
}

/** What leads a device out of its home, by time. */
function errands(town: Town, device: Device, day: number, chance: Chance): Visit[] {
  const visits: Visit[] = []
  const weekend = day % 7 >= 5
  const { district } = device
  const stay = (name: string, kind: PlaceKind, from: number, to: number): void => {
    visits.push({ name, kind, from, to })
  }
  const shop = (from: number, to: number): void => stay(`shop ${district}`, 'shop', from, to)
  const ride = (line: number, from: number): void => {
    const minutes = chance.minutes(15, 35)
    // One bus an hour and line, with the same driver for half of the day.
    if (line !== CENTRE) stay(`bus ${line} ${from < 14 * 60 ? 0 : 1}`, 'bus', from, from + minutes)
  }
  if (device.habit === 'computer') return visits
  if (device.habit === 'driver') {
    if (chance.happens(weekend ? 0.4 : 0.9)) {
      const late = device.household % 2
      const from = late ? 14 * 60 : 6 * 60
      stay(`bus ${1 + (device.household % (town.districts - 1))} ${late}`, 'bus', from, from + 480)
    }
    return visits
  }
  if (device.habit === 'seldom' && !chance.happens(0.3)) return visits
  if (!weekend && device.post >= 0 && chance.happens(0.93)) {
    const school = device.habit === 'pupil'
    const from = chance.minutes(7 * 60, school ? 7.7 * 60 : 9 * 60)
    const to = school ? chance.minutes(13 * 60, 15 * 60) : from + chance.minutes(7 * 60, 9 * 60)
    const far = device.postDistrict !== district
    if (far) {
      ride(district, from - 40)
      ride(device.postDistrict, from - 40)
      ride(device.postDistrict, to + 5)
      ride(district, to + 5)
    }
    if (school) {
      const noon = chance.minutes(10 * 60, 12 * 60)
      stay(`post ${device.post}`, 'class', from, noon)
      stay(`yard ${device.postDistrict}`, 'yard', noon, noon + 30)
      stay(`post ${device.post}`, 'class', noon + 30, to)
    } else stay(`post ${device.post}`, 'work', from, to)
    if (chance.happens(0.25)) {
      const at = to + (far ? 45 : 10)
      shop(at, at + chance.minutes(10, 30))
    }
    return visits
  }
  if (day % 7 === 6 && chance.happens(0.35)) {
    stay(`hall ${district}`, 'hall', 10 * 60, 11.5 * 60)
  }
  const morning = chance.minutes(8.5 * 60, 11 * 60)
  if (chance.happens(day % 7 === 5 ? 0.3 : 0.06)) {
    ride(district, morning - 40)
    stay('market', 'market', morning, morning + chance.minutes(30, 120))
    ride(district, morning + 125)
  } else if (chance.happens(0.45)) shop(morning, morning + chance.minutes(10, 40))
  if (chance.happens(0.12)) {
    // A visit to somebody else's home, anywhere in town.
    const host = town.devices[Math.floor(chance.minutes(0, town.devices.length - 1))]!
    const from = chance.minutes(15 * 60, 18 * 60)
    stay(`home ${host.household}`, 'home', from, from + chance.minutes(60, 150))
  }
  return visits
}

/** The rest of the day, as far as the device is on. */
function atHome(device: Device, out: readonly Visit[], chance: Chance): Visit[] {
  const name = `home ${device.household}`
  const visit = (from: number, to: number): Visit => ({ name, kind: 'home', from, to })
  if (device.habit === 'seldom') {
    if (out.length > 0 || !chance.happens(0.7)) return []
    const from = chance.minutes(17 * 60, 20 * 60)
    return [visit(from, from + chance.minutes(30, 120))]
  }
  // Some are never switched off; a computer at home is used in the evening, as a rule.
  const always = chance.happens(0.12)
  const up = always ? 0 : chance.minutes(6 * 60, 7.5 * 60)
  const down = always ? DAY : chance.minutes(21.5 * 60, 23.5 * 60)
  if (device.habit === 'computer' && !always) return [visit(chance.minutes(16 * 60, 18 * 60), down)]
  const visits: Visit[] = []
  let from = up
  for (const away of [...out].sort((x, y) => x.from - y.from)) {
    visits.push(visit(from, away.from - 10))
    from = Math.max(from, away.to + 10)
  }
  visits.push(visit(from, down))
  return visits
}
