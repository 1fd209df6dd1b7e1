import type { MemberView, MessageView } from '../api/schemas.ts'
import { personLabel } from './person-label.ts'

/** What to call the authors in a room, told apart where names look the same. */
export class AuthorNames {
  readonly #fetch: () => Promise<readonly MemberView[]>
  #members: ReadonlyMap<string, MemberView> | undefined

  constructor(fetch: () => Promise<readonly MemberView[]>) {
    this.#fetch = fetch
  }

  /** Who is in the room changed: look again before the next name. */
  forget(): void {
    this.#members = undefined
  }

  async of({ author, authorName }: MessageView): Promise<string> {
    // A message is never lost for want of its author's standing: without an answer it is asked anew.
    this.#members ??= await this.#fetch().then(
      (members) => new Map(members.map((member) => [member.id, member])),
      () => undefined,
    )
    const member = this.#members?.get(author)
    return personLabel(authorName, author, { confusable: member?.confusable ?? false })
  }
}
