import type { UploadRequest } from '../api/files-client.ts'

/** A file on its way from the browser to the node. */
export interface Upload {
  readonly key: string
  readonly request: UploadRequest
  readonly size: number
  /** Bytes that the node has. */
  readonly sent: number
  /**
   * `waiting` for those before it; `sending`; `finishing`: the node has all bytes and makes the file ready; `sent`: it
   * has the message `id`; `refused`: the node said no; `unknown`: the node fell silent after it had all of it.
   */
  readonly state: 'waiting' | 'sending' | 'finishing' | 'sent' | 'refused' | 'unknown'
  readonly id?: string
  readonly reason?: string
}

/** Whether bytes may still have to go: leaving the page would cut them off. */
export function isUnderWay({ state }: Upload): boolean {
  return state === 'waiting' || state === 'sending' || state === 'finishing'
}

export function changed(
  uploads: readonly Upload[],
  key: string,
  change: Partial<Upload>,
): readonly Upload[] {
  return uploads.map((upload) => (upload.key === key ? { ...upload, ...change } : upload))
}

/** The one whose turn it is; null while another is under way, or none waits. */
export function next(uploads: readonly Upload[]): Upload | null {
  if (uploads.some(({ state }) => state === 'sending' || state === 'finishing')) return null
  return uploads.find(({ state }) => state === 'waiting') ?? null
}

/** Lets go of what the timeline now shows itself. */
export function settled(uploads: readonly Upload[], shown: ReadonlySet<string>): readonly Upload[] {
  const left = uploads.filter(({ id }) => id === undefined || !shown.has(id))
  return left.length === uploads.length ? uploads : left
}

/** How an upload stands after the node was told of `sent` bytes of it. */
export function moved(size: number, sent: number): Partial<Upload> {
  const state = sent >= size ? 'finishing' : 'sending'
  return { sent: Math.min(sent, size), state }
}
