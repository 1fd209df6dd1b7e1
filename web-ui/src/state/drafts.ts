/** What was typed and not sent, per room, for the life of the tab: no reload or lost node eats it. */
import { restored, type Unsent } from './outbox.ts'

const DRAFT = 'porchlight.draft.'
const OUTBOX = 'porchlight.outbox.'

export interface Draft {
  readonly text: string
  /** The node does not have it yet. */
  readonly unsaved: boolean
}

export function loadDraft(room: string): Draft | null {
  try {
    const draft = JSON.parse(read(DRAFT + room) ?? 'null') as Draft | null
    return typeof draft?.text === 'string' ? draft : null
  } catch {
    return null
  }
}

export function saveDraft(room: string, draft: Draft): void {
  const kept = draft.text !== '' || draft.unsaved
  write(DRAFT + room, kept ? JSON.stringify(draft) : null)
}

/** Takes the drafts that the node has out of this browser. */
export function forgetSavedDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      const room = key.startsWith(DRAFT) ? key.slice(DRAFT.length) : null
      if (room !== null && loadDraft(room)?.unsaved !== true) sessionStorage.removeItem(key)
    }
  } catch {
    // Storage is refused: nothing was kept.
  }
}

export function loadOutbox(room: string): readonly Unsent[] {
  try {
    return restored(JSON.parse(read(OUTBOX + room) ?? '[]') as Unsent[])
  } catch {
    return []
  }
}

export function saveOutbox(room: string, outbox: readonly Unsent[]): void {
  write(OUTBOX + room, outbox.length === 0 ? null : JSON.stringify(outbox))
}

function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, value)
  } catch {
    // Storage refused or full: the text still lives in the page.
  }
}
