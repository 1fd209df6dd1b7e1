import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'

/** Can others on this computer read the keys and messages? */
export async function checkPermissions({ dir }: DoctorFacts): Promise<Finding> {
  const check = 'permissions'
  if (process.platform === 'win32') {
    return { check, ok: true, says: 'Windows keeps the data directory to your user.' }
  }
  let entries
  try {
    entries = await readdir(dir, { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { check, ok: true, says: `${dir} does not exist yet.` }
    return {
      check,
      ok: false,
      says: `${dir} can not be read (${code}).`,
      fix: 'Give it to your user, or choose another with --data.',
    }
  }
  const own = (await stat(dir)).mode & 0o077
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(dir, entry.name))
  const open = await Promise.all(
    files.map(async (path) => {
      const mode = await stat(path).then(
        (stats) => stats.mode & 0o077,
        () => 0,
      )
      return mode === 0 ? [] : [path]
    }),
  )
  return judgePermissions(dir, own !== 0, open.flat())
}

/** `openFiles` are those that others could read if they got into the directory. */
export function judgePermissions(
  dir: string,
  dirOpen: boolean,
  openFiles: readonly string[],
): Finding {
  const check = 'permissions'
  if (dirOpen) {
    return {
      check,
      ok: false,
      says: `Other users of this computer can get into ${dir}.`,
      fix: `Run: chmod 700 '${dir}'${openFiles.length === 0 ? '' : ` && chmod 600 '${openFiles.join("' '")}'`}`,
    }
  }
  return { check, ok: true, says: `Only your user can get into ${dir}.` }
}
