import { setTimeout as pause } from 'node:timers/promises'
import { PorchlightError } from '../../core/errors.ts'
import { isAlive } from '../process-identity.ts'

const LIMIT = 30_000

/** Resolves once the process is gone. Errors: `TIMED_OUT`. */
export async function waitForEnd(pid: number): Promise<void> {
  const end = Date.now() + LIMIT
  while (await isAlive(pid)) {
    if (Date.now() > end) {
      throw new PorchlightError(
        'TIMED_OUT',
        `Process ${pid} is still closing after 30 s. Wait, or end it: nothing that was sent gets lost.`,
      )
    }
    await pause(50)
  }
}
