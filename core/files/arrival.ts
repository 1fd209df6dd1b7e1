import { PorchlightError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { FileReason } from './api.ts'
import type { Fetches } from './fetches.ts'
import type { StoredItem } from './store/stored-item.ts'
import { REASON_WORDS } from './words.ts'

/** Reasons that end a wait: somebody has to do something. Who has it may come into reach at any time. */
const CODES: Partial<Record<FileReason, ErrorCode>> = {
  'disk-full': 'DISK_FULL',
  quota: 'DISK_FULL',
  'source-changed': 'CHANGED',
  'source-gone': 'CHANGED',
  damaged: 'DAMAGED',
  'lost-here': 'CHANGED',
  'not-stored': 'UNAVAILABLE',
}

/** All of an item is here and at its place. */
export const isWhole = ({ complete, problem }: StoredItem): boolean => complete && !problem

/**
 * Resolves once of an item is here what `done` asks for. Errors: those of the reasons for which it stands still,
 * `NOT_ALLOWED` when it was cancelled; the signal's reason.
 */
export function arrival(
  item: StoredItem,
  fetches: Fetches,
  done: (item: StoredItem) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { rootHex } = item
    const look = (): void => {
      const reason = item.problem ?? fetches.get(rootHex)?.reason
      const code = reason ? CODES[reason] : undefined
      if (done(item)) end(resolve)
      else if (code) end(() => reject(new PorchlightError(code, REASON_WORDS[reason!])))
    }
    const onchange = (root: string): void => {
      if (root === rootHex) look()
    }
    const ondropped = (root: string): void => {
      if (root === rootHex) end(() => reject(cancelled()))
    }
    const onrefuted = (one: StoredItem): void => {
      if (one === item) end(() => reject(new PorchlightError('DAMAGED', REASON_WORDS.damaged)))
    }
    const onabort = (): void => end(() => reject(signal!.reason as Error))
    const onclosed = (): void => end(() => reject(closed()))
    const end = (settle: () => void): void => {
      item.off('gained', look)
      item.off('complete', look)
      item.off('problem', look)
      fetches.off('change', onchange)
      fetches.off('dropped', ondropped)
      fetches.off('refuted', onrefuted)
      fetches.off('closed', onclosed)
      signal?.removeEventListener('abort', onabort)
      settle()
    }
    if (signal?.aborted) return reject(signal.reason as Error)
    item.on('gained', look)
    item.on('complete', look)
    item.on('problem', look)
    fetches.on('change', onchange)
    fetches.on('dropped', ondropped)
    fetches.on('refuted', onrefuted)
    fetches.on('closed', onclosed)
    signal?.addEventListener('abort', onabort, { once: true })
    look()
  })
}

function closed(): PorchlightError {
  return new PorchlightError(
    'CLOSED',
    'Porchlight is stopping. What has arrived is kept, and it goes on at the next start.',
  )
}

function cancelled(): PorchlightError {
  return new PorchlightError(
    'NOT_ALLOWED',
    'The file was cancelled or deleted here meanwhile, so it does not arrive. Fetch it again if you want it.',
  )
}
