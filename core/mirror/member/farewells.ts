import type { KeyPair } from 'hypercore'
import type { Clock } from '../../clock.ts'
import { mirrorId } from '../mirror-keys.ts'
import type { NodeLink } from './node-link.ts'
import type { SavedMirrors } from './saved-mirrors.ts'

export interface FarewellsOptions {
  readonly saved: () => SavedMirrors
  /** The mirror's key of a room (id) that this device has or left; null for one of which nothing is kept. */
  readonly mirrorKey: (room: string) => Buffer | null
  readonly depositor: (node: string) => KeyPair
  readonly clock: Clock
}

/** What nodes that were away are still to be told: that a room is not to be held any more. */
export class Farewells {
  readonly #options: FarewellsOptions

  constructor(options: FarewellsOptions) {
    this.#options = options
  }

  /** Rooms (id) of which a node is still to be told, with their mirrors' keys. */
  *open(): Iterable<{ place: string; room: string; node: string; key: Buffer }> {
    const { saved, mirrorKey, clock } = this.#options
    const { places = {} } = saved()
    for (const [place, { ended, until }] of Object.entries(places)) {
      if (!ended) continue
      const [room, node] = place.split('/') as [string, string]
      const key = mirrorKey(room)
      // By then the node forgot it by itself.
      if (key && (until === null || until > clock.now())) yield { place, room, node, key }
      else delete places[place]
    }
  }

  /** Tells the nodes that are in reach. */
  say(linkOf: (node: string) => NodeLink | null): void {
    const { saved, depositor } = this.#options
    for (const { place, node, key } of this.open()) {
      const link = linkOf(node)
      if (!link?.matched(mirrorId(key))) continue
      link.forget(key, { depositor: depositor(node) })
      delete saved().places![place]
    }
  }
}
