import type { Random } from '../../../core/random.ts'

export type Habit = 'worker' | 'pupil' | 'resident' | 'computer' | 'driver' | 'seldom'

/** A device, where it lives and where its days lead. */
export interface Device {
  readonly habit: Habit
  readonly district: number
  readonly household: number
  /** A workplace or class; -1 for none. */
  readonly post: number
  /** The district in which that is. */
  readonly postDistrict: number
}

export interface Room {
  readonly kind: 'family' | 'street' | 'club' | 'town'
  readonly members: readonly number[]
  /** Messages that all of them write in a day. */
  readonly daily: number
}

export interface Town {
  readonly devices: readonly Device[]
  readonly households: readonly (readonly number[])[]
  /** Households in the order in which their doors follow, by street. */
  readonly streets: readonly (readonly number[])[]
  readonly posts: readonly { readonly district: number; readonly school: boolean }[]
  readonly rooms: readonly Room[]
  readonly districts: number
  /** Names of the places where a blind peer stands; they count as devices after all others. */
  readonly blindPeers: readonly string[]
}

export interface TownOptions {
  readonly devices: number
  readonly blindPeers: number
}

/** The district that all buses go to. */
export const CENTRE = 0

const HABITS: readonly (readonly [Habit, number])[] = [
  ['worker', 0.38],
  ['pupil', 0.18],
  ['resident', 0.2],
  ['computer', 0.14],
  ['driver', 0.02],
  ['seldom', 0.08],
]

/** People of a town of several districts, and their rooms. */
export function makeTown({ devices: count, blindPeers }: TownOptions, random: Random): Town {
  const districts = Math.max(3, Math.round(count / 125))
  const pick = (n: number): number => Math.floor(random.float() * n)
  const posts: { district: number; school: boolean }[] = []
  const workplaces: number[][] = []
  const classes: number[][] = []
  for (let district = 0; district < districts; district++) {
    // The centre has twice the work.
    const work = Math.max(2, Math.round((count * 0.38) / districts / 14)) * (district === 0 ? 2 : 1)
    workplaces.push(range(work).map(() => posts.push({ district, school: false }) - 1))
    const school = Math.max(1, Math.round((count * 0.18) / districts / 20))
    classes.push(range(school).map(() => posts.push({ district, school: true }) - 1))
  }
  const devices: Device[] = []
  const households: number[][] = []
  const homesOf: number[][] = range(districts).map(() => [])
  while (devices.length < count) {
    const district = pick(districts)
    const household = households.length
    const size = Math.min(count - devices.length, 1 + pick(4))
    households.push(range(size).map((i) => devices.length + i))
    homesOf[district]!.push(household)
    for (let i = 0; i < size; i++) {
      const habit = weighted(HABITS, random)
      const away = habit === 'worker' ? 0.3 : 0.1
      const elsewhere = random.float() < 0.5 ? CENTRE : pick(districts)
      const postDistrict = random.float() < away ? elsewhere : district
      const from = habit === 'pupil' ? classes : workplaces
      const post =
        habit === 'worker' || habit === 'pupil'
          ? from[postDistrict]![pick(from[postDistrict]!.length)]!
          : -1
      devices.push({ habit, district, household, post, postDistrict })
    }
  }
  const streets = homesOf.flatMap((homes) => slices(homes, 6))
  const rooms = makeRooms(devices, households, streets, random)
  return {
    devices,
    households,
    streets,
    posts,
    rooms,
    districts,
    blindPeers: range(blindPeers).map((i) => (i === 0 ? 'market' : `shop ${(i - 1) % districts}`)),
  }
}

function makeRooms(
  devices: readonly Device[],
  households: readonly (readonly number[])[],
  streets: readonly (readonly number[])[],
  random: Random,
): Room[] {
  const pick = (n: number): number => Math.floor(random.float() * n)
  const someone = (): number => pick(devices.length)
  const rooms: Room[] = []
  const add = (kind: Room['kind'], members: Iterable<number>, daily: number): void => {
    const set = [...new Set(members)]
    if (set.length > 1) rooms.push({ kind, members: set, daily })
  }
  // A family is a household and some of another one, three to six devices; most relatives live elsewhere in town.
  for (const household of households) {
    const relatives = households[pick(households.length)]!
    const members = [...household, ...relatives].slice(0, 3 + pick(4))
    while (members.length < 3) members.push(someone())
    add('family', members, 8)
  }
  for (const street of streets) {
    const here = street.flatMap((household) => households[household]!)
    const gone = range(Math.ceil(here.length * 0.15)).map(someone)
    add('street', [...here, ...gone].slice(-30), 15)
  }
  for (let i = 0; i < devices.length / 25; i++) add('club', range(8 + pick(13)).map(someone), 8)
  add('town', range(Math.round(devices.length * 0.22)).map(someone), 40)
  return rooms
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

function slices<T>(list: readonly T[], size: number): T[][] {
  return range(Math.ceil(list.length / size)).map((i) => list.slice(i * size, (i + 1) * size))
}

function weighted<T>(choices: readonly (readonly [T, number])[], random: Random): T {
  let left = random.float() * choices.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [choice, weight] of choices) if ((left -= weight) < 0) return choice
  return choices.at(-1)![0]
}
