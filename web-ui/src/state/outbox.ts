import type { SendRequest } from '../api/views.ts'

/** What a person wrote and the node has not confirmed yet. */
export interface Unsent {
  readonly key: string
  readonly request: SendRequest
  readonly writtenAt: number
  /**
   * `saving`: on its way to the node; `saved`: it has `id`; `refused`: the node said no;
   * `unknown`: the node fell silent, so that it may or may not have been saved.
   */
  readonly state: 'saving' | 'saved' | 'refused' | 'unknown'
  readonly id?: string
  readonly reason?: string
}

export function queued(outbox: readonly Unsent[], message: Unsent): readonly Unsent[] {
  return [...outbox, message]
}

export function changed(
  outbox: readonly Unsent[],
  key: string,
  change: Partial<Unsent>,
): readonly Unsent[] {
  return outbox.map((message) => (message.key === key ? { ...message, ...change } : message))
}

export function discarded(outbox: readonly Unsent[], key: string): readonly Unsent[] {
  return outbox.filter((message) => message.key !== key)
}

/** Lets go of what the timeline now shows itself. */
export function settled(outbox: readonly Unsent[], shown: ReadonlySet<string>): readonly Unsent[] {
  const left = outbox.filter((message) => message.id === undefined || !shown.has(message.id))
  return left.length === outbox.length ? outbox : left
}

/** What a reload found: whatever was on its way then may or may not have arrived. */
export function restored(kept: readonly Unsent[]): readonly Unsent[] {
  return kept
    .filter(({ state, request }) => state !== 'saved' && typeof request?.text === 'string')
    .map((message) => (message.state === 'saving' ? { ...message, state: 'unknown' } : message))
}
