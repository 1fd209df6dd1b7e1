import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileReason } from '../../core/files/api.ts'
import type { Finding } from '../api/schemas.ts'
import { counted } from '../cli/numbers.ts'
import { formatBytes } from '../cli/size.ts'
import type { DoctorFacts, FileFacts } from './check.ts'

const check = 'files'

/** Why files stand still that others can not help with, and what a person can do about it. */
const STUCK: Partial<Record<FileReason, readonly [says: string, fix: string]>> = {
  'disk-full': [
    'wait for space on the disk',
    'Delete what is not needed: they go on by themselves.',
  ],
  quota: [
    'are beyond the quota',
    'Raise it with `porchlight file quota SIZE`, or free some with `porchlight file delete`.',
  ],
  damaged: ['came damaged', 'Ask who sent them to send them again.'],
  'not-stored': [
    'can not be stored at their place',
    'Look at the permissions there; then fetch them again with `porchlight file get`.',
  ],
  'lost-here': [
    'were moved or deleted by another program',
    'Put them back, or fetch them again with `porchlight file get`.',
  ],
}

/** Is there room for the files that are wanted, and are those that came as they should be? */
export async function checkFiles({ dir, node }: DoctorFacts): Promise<Finding> {
  const names = await readdir(join(dir, 'files', 'items')).catch(() => [])
  const damaged = names.filter((name) => name.endsWith('.damaged')).length
  return judgeFiles(node?.files, damaged)
}

/** `facts` of the running node, if one runs; `damaged` records in the data directory. */
export function judgeFiles(facts: FileFacts | undefined, damaged: number): Finding {
  if (damaged > 0) {
    return {
      check,
      ok: false,
      says: `${counted(damaged, 'record')} of files could not be read and ${damaged === 1 ? 'was' : 'were'} set aside; the files are offered as new.`,
      fix: 'Fetch them again, or send them again; check the disk, as it lost what was written.',
    }
  }
  if (facts === undefined) {
    return { check, ok: true, says: 'Their records are whole; a running node knows more.' }
  }
  const { used, quota, reasons } = facts
  for (const [reason, [says, fix]] of Object.entries(STUCK)) {
    const count = reasons.filter((one) => one === reason).length
    if (count > 0) return { check, ok: false, says: `${counted(count, 'file')} ${says}.`, fix }
  }
  const takes = `Received files take ${formatBytes(used)}`
  if (quota === null) return { check, ok: true, says: `${takes}; there is no quota.` }
  const says = `${takes} of ${formatBytes(quota)} that they may.`
  return used < 0.95 * quota
    ? { check, ok: true, says }
    : {
        check,
        ok: true,
        says,
        fix: 'The least needed go first; raise it with `porchlight file quota`.',
      }
}
