import { EventEmitter } from 'node:events'
import { PorchlightError } from '../errors.ts'
import { MAX_KEY, MAX_VALUE, PERSONAL_TOPICS } from './personal-store.ts'
import type { PersonalEvents, PersonalStore, PersonalTopic } from './personal-store.ts'

/** Most facts of all topics together, and their bytes as JSON. */
const MAX_FACTS = 16_384
const MAX_BYTES = 8 * 1024 * 1024

/** The facts as this device keeps them: topic → key → JSON. */
export interface SavedFacts {
  facts: { [T in PersonalTopic]?: Record<string, string> }
  /** What was set here and is not in the personal room yet. */
  unsent: [topic: PersonalTopic, key: string][]
}

export interface PersonalCacheOptions {
  /** As found on the disk; undefined on a new device. */
  readonly saved: SavedFacts | undefined
  /** Writes down what `saved` answers now. Errors: `DISK_FULL`. */
  readonly save: () => Promise<void>
}

/**
 * This device's copy of what the person's devices share. It is complete without the personal room, so that
 * one device alone needs none, and losing it loses nothing.
 */
export class PersonalCache extends EventEmitter<PersonalEvents> implements PersonalStore {
  readonly #save: () => Promise<void>
  readonly #topics = new Map<PersonalTopic, Map<string, string>>()
  readonly #unsent = new Map<string, [PersonalTopic, string]>()
  #count = 0
  #bytes = 0

  constructor({ saved, save }: PersonalCacheOptions) {
    super()
    this.setMaxListeners(0)
    this.#save = save
    for (const topic of PERSONAL_TOPICS) {
      this.#topics.set(topic, new Map())
      for (const [key, json] of Object.entries(saved?.facts[topic] ?? {})) {
        this.#put(topic, key, json)
      }
    }
    for (const [topic, key] of saved?.unsent ?? [])
      this.#unsent.set(place(topic, key), [topic, key])
  }

  get(topic: PersonalTopic, key: string): unknown {
    const json = this.json(topic, key)
    return json === undefined ? undefined : (JSON.parse(json) as unknown)
  }

  entries(topic: PersonalTopic): ReadonlyMap<string, unknown> {
    const all = [...this.#topics.get(topic)!]
    return new Map(all.map(([key, json]) => [key, JSON.parse(json) as unknown]))
  }

  async set(topic: PersonalTopic, key: string, value: unknown): Promise<void> {
    const json = value === null ? undefined : JSON.stringify(value)
    const before = this.json(topic, key)
    if (json === before) return
    this.#check(key, json, before)
    this.#put(topic, key, json)
    this.#unsent.set(place(topic, key), [topic, key])
    this.emit('change', topic, key)
    await this.#save()
  }

  /** A value as it stands in the personal room: JSON, or undefined for none. False while ours is newer, or it is too much. */
  learn(topic: PersonalTopic, key: string, json: string | undefined): boolean {
    const before = this.json(topic, key)
    if (json === before) return true
    if (this.#unsent.has(place(topic, key)) || !this.#fits(key, json, before)) return false
    this.#put(topic, key, json)
    this.emit('change', topic, key)
    return true
  }

  json(topic: PersonalTopic, key: string): string | undefined {
    return this.#topics.get(topic)!.get(key)
  }

  /** What was set here and is not in the personal room yet, oldest first. */
  unsent(): [topic: PersonalTopic, key: string][] {
    return [...this.#unsent.values()]
  }

  /** The personal room holds this value now: a newer one stays unsent. */
  sent(topic: PersonalTopic, key: string, json: string | undefined): void {
    if (this.json(topic, key) === json) this.#unsent.delete(place(topic, key))
  }

  /** A personal room begins: all that is known here belongs into it. */
  sendAll(): void {
    for (const [topic, facts] of this.#topics) {
      for (const key of facts.keys()) this.#unsent.set(place(topic, key), [topic, key])
    }
  }

  saved(): SavedFacts {
    const facts: SavedFacts['facts'] = {}
    for (const [topic, values] of this.#topics) {
      if (values.size > 0) facts[topic] = Object.fromEntries(values)
    }
    return { facts, unsent: this.unsent() }
  }

  #put(topic: PersonalTopic, key: string, json: string | undefined): void {
    const facts = this.#topics.get(topic)!
    const before = facts.get(key)
    this.#count += Number(json !== undefined) - Number(before !== undefined)
    this.#bytes += size(json) - size(before)
    if (json === undefined) facts.delete(key)
    else facts.set(key, json)
  }

  #fits(key: string, json: string | undefined, before: string | undefined): boolean {
    if (key === '' || size(key) > MAX_KEY || size(json) > MAX_VALUE) return false
    const count = this.#count + Number(before === undefined)
    const bytes = this.#bytes + size(json) - size(before)
    return json === undefined || (count <= MAX_FACTS && bytes <= MAX_BYTES)
  }

  #check(key: string, json: string | undefined, before: string | undefined): void {
    if (this.#fits(key, json, before)) return
    throw new PorchlightError(
      'TOO_LARGE',
      'This is more than your devices can share. Nothing was changed; make it shorter, or delete drafts that you do not need.',
    )
  }
}

function place(topic: PersonalTopic, key: string): string {
  return `${topic}\0${key}`
}

function size(json: string | undefined): number {
  return json === undefined ? 0 : Buffer.byteLength(json)
}
