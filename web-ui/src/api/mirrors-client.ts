import { part, type Requester } from './requester.ts'
import type { HeldView, MirrorView, NodeView, SharingRequest, SharingSettings } from './views.ts'

/** Nodes that keep rooms for those who are away, and what this one does for others. */
export class MirrorsClient {
  readonly #requester: Requester

  constructor(requester: Requester) {
    this.#requester = requester
  }

  nodes(): Promise<readonly NodeView[]> {
    return this.#requester.json('GET', 'nodes')
  }
  list(): Promise<readonly MirrorView[]> {
    return this.#requester.json('GET', 'mirrors')
  }
  add(room: string, node: string): Promise<MirrorView> {
    return this.#requester.json('POST', mirrors(room), { body: { node } })
  }
  remove(room: string, node: string): Promise<unknown> {
    return this.#requester.json('DELETE', `${mirrors(room)}/${part(node)}`)
  }
  held(): Promise<HeldView> {
    return this.#requester.json('GET', 'held')
  }
  /** Deletes what strangers gave to carry. */
  dropCarried(): Promise<HeldView> {
    return this.#requester.json('DELETE', 'held?what=carried')
  }
  sharing(): Promise<SharingSettings> {
    return this.#requester.json('GET', 'sharing')
  }
  setSharing(change: SharingRequest): Promise<SharingSettings> {
    return this.#requester.json('PATCH', 'sharing', { body: change })
  }
}

function mirrors(room: string): string {
  return `rooms/${part(room)}/mirrors`
}
