/** The node's local HTTP API: one method a route, types from the node's own schemas. */
import { DevicesClient } from './devices-client.ts'
import { FilesClient } from './files-client.ts'
import { MessagesClient } from './messages-client.ts'
import { MirrorsClient } from './mirrors-client.ts'
import { OwnerClient } from './owner-client.ts'
import { PeopleClient } from './people-client.ts'
import { Requester, part, type RequesterOptions } from './requester.ts'
import { RoomsClient } from './rooms-client.ts'
import type { Finding, Session, Status, TransportView } from './views.ts'

export class ApiClient {
  readonly rooms: RoomsClient
  readonly messages: MessagesClient
  readonly files: FilesClient
  readonly mirrors: MirrorsClient
  readonly people: PeopleClient
  readonly devices: DevicesClient
  readonly owner: OwnerClient
  readonly #requester: Requester

  constructor(options: RequesterOptions) {
    this.#requester = new Requester(options)
    this.rooms = new RoomsClient(this.#requester)
    this.messages = new MessagesClient(this.#requester)
    this.files = new FilesClient(this.#requester)
    this.mirrors = new MirrorsClient(this.#requester)
    this.people = new PeopleClient(this.#requester)
    this.devices = new DevicesClient(this.#requester)
    this.owner = new OwnerClient(this.#requester)
  }

  /** Nothing is asked of the node any more. */
  close(): void {
    this.#requester.close()
  }
  /** Exchanges the one-time code of a link for a token. */
  session(code: string): Promise<Session> {
    return this.#requester.json('POST', 'session', { body: { code } })
  }
  status(): Promise<Status> {
    return this.#requester.json('GET', 'status')
  }
  doctor(): Promise<readonly Finding[]> {
    return this.#requester.json('GET', 'doctor')
  }
  transports(): Promise<readonly TransportView[]> {
    return this.#requester.json('GET', 'transports')
  }
  switchTransport(id: string, on: boolean): Promise<TransportView> {
    return this.#requester.json('PUT', `transports/${part(id)}`, { body: { on } })
  }
  dial(id: string, address: string): Promise<unknown> {
    return this.#requester.json('POST', `transports/${part(id)}/dial`, { body: { address } })
  }

  /** The stream of events after `lastEventId`; lives until the signal or the node ends it. */
  async events(lastEventId: string | null, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    if (lastEventId !== null) headers['last-event-id'] = lastEventId
    return await this.#requester.fetch('events', { method: 'GET', headers, signal })
  }
}
