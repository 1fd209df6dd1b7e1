import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'

/** What guards the keys on the disk. No passphrase is a choice, not a fault; it has to be said. */
export async function checkKeys({ dir }: DoctorFacts): Promise<Finding> {
  const check = 'keys'
  const stored = await readFile(join(dir, 'keys.json'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    },
  )
  if (stored === null) return { check, ok: true, says: 'There are no keys yet.' }
  return judgeKeys(stored)
}

/** `stored` is the text of the key file. */
export function judgeKeys(stored: string): Finding {
  const check = 'keys'
  if (/"kdf":"argon2id"/.test(stored)) {
    return { check, ok: true, says: 'The keys on the disk are sealed with a passphrase.' }
  }
  return {
    check,
    ok: true,
    says: 'The keys on the disk are not sealed: other users of this computer can not read them (0600), but whoever gets the disk can.',
    fix: 'To seal them: `porchlight passphrase set`',
  }
}
