import { setTimeout as pause } from 'node:timers/promises'
import { PorchlightError } from '../../core/errors.ts'
import type { FileGot, FileView } from '../api/schemas.ts'
import type { ApiClient } from './client.ts'
import { formatDuration } from './duration.ts'
import { nameOf, progressOf, SHOWN_ID } from './file-words.ts'
import { filePath } from './paths.ts'
import type { ProgressLine } from './progress-line.ts'

const LOOK_EVERY = 500
/** Looks after which nobody having it is worth a word: the first ask what others have. */
const PATIENT_LOOKS = 3

export interface FileGetOptions {
  readonly node: ApiClient
  readonly room: string
  readonly file: FileView
  /** Absolute. */
  readonly out?: string
  /** ms after which the wait ends; for ever when absent. */
  readonly timeout?: number
  readonly progress: ProgressLine
  readonly interrupted: AbortSignal
}

/**
 * Fetches a file and waits for all of it. Errors: those of the node; TIMED_OUT, and WAITING when this is interrupted:
 * the node goes on in both cases.
 */
export async function getFile(options: FileGetOptions): Promise<FileGot> {
  const { node, room, file, out, timeout, progress, interrupted } = options
  const expired = timeout === undefined ? undefined : AbortSignal.timeout(timeout)
  const over = new AbortController()
  const waits = AbortSignal.any([interrupted, ...(expired === undefined ? [] : [expired])])
  const watching = watch(options, AbortSignal.any([waits, over.signal]))
  try {
    const path = filePath(room, file.id, '/get')
    return await node.postAndWait<FileGot>(path, out === undefined ? {} : { out }, 0, waits)
  } catch (error) {
    if (!waits.aborted) throw error
    const id = file.id.slice(0, SHOWN_ID)
    const goesOn = `The node goes on fetching it: \`porchlight file show ${room} ${id}\` says how far it is, \`porchlight file cancel ${room} ${id}\` ends it.`
    if (interrupted.aborted) throw new PorchlightError('WAITING', goesOn)
    throw new PorchlightError(
      'TIMED_OUT',
      `${nameOf(file)} is not all here after ${formatDuration(timeout!)}. ${goesOn}`,
    )
  } finally {
    over.abort()
    await watching
    progress.clear()
  }
}

/** Tells how it goes until the signal aborts; what goes wrong with that is no matter. */
async function watch(
  { node, room, file, progress }: FileGetOptions,
  signal: AbortSignal,
): Promise<void> {
  let said = ''
  let alone = 0
  try {
    for (;;) {
      await pause(LOOK_EVERY, undefined, { signal })
      const view = await node.get<FileView>(filePath(room, file.id))
      alone = view.sources === 0 && view.state !== 'complete' ? alone + 1 : 0
      const words = view.words ?? (alone >= PATIENT_LOOKS ? ALONE : '')
      if (words !== '' && words !== said) progress.say(words)
      said = words
      if (view.state !== 'complete') progress.show(progressOf(view))
    }
  } catch {
    // Aborted, or the node is gone: then the wait itself says so.
  }
}

const ALONE =
  'Nobody in reach has it now: waiting. It comes as soon as somebody who has it is met; Ctrl-C leaves that to the node.'
