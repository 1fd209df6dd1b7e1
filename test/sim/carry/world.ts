import { seededRandom } from '../../../core/random.ts'
import { makeContacts } from './contacts.ts'
import type { Contacts } from './contacts.ts'
import { makeTown } from './town.ts'
import type { Town, TownOptions } from './town.ts'
import { makeWriting } from './writing.ts'
import type { Writing } from './writing.ts'

/** All that is the same for every protocol: who lives where, meets whom, and writes what. */
export interface World {
  readonly town: Town
  readonly days: number
  readonly contacts: Contacts
  readonly writing: Writing
}

export interface WorldOptions extends TownOptions {
  readonly seed: number
  readonly days: number
}

export function makeWorld({ seed, days, ...options }: WorldOptions): World {
  const random = seededRandom(seed)
  const town = makeTown(options, random)
  const { contacts, stays } = makeContacts(town, days, random)
  return { town, days, contacts, writing: makeWriting(town, stays, days, random) }
}
