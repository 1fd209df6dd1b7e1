import { part, type Requester } from './requester.ts'
import type { VerifyRequest, VerificationView, WarningView } from './views.ts'

/** Persons: compared in person, blocked, warned of. */
export class PeopleClient {
  readonly #requester: Requester

  constructor(requester: Requester) {
    this.#requester = requester
  }

  verification(person: string): Promise<VerificationView> {
    return this.#requester.json('GET', `people/${part(person)}/verification`)
  }
  verify(person: string, proof: VerifyRequest): Promise<VerificationView> {
    return this.#requester.json('PUT', `people/${part(person)}/verification`, { body: proof })
  }
  unverify(person: string): Promise<VerificationView> {
    return this.#requester.json('DELETE', `people/${part(person)}/verification`)
  }
  block(person: string, on: boolean): Promise<unknown> {
    return this.#requester.json(on ? 'PUT' : 'DELETE', `people/${part(person)}/block`)
  }
  warnings(): Promise<readonly WarningView[]> {
    return this.#requester.json('GET', 'warnings')
  }
  acknowledge(warning: string): Promise<unknown> {
    return this.#requester.json('DELETE', `warnings/${part(warning)}`)
  }
}
