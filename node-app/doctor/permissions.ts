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
  const files = entries
    // What a person writes there holds no secret.
    .filter((entry) => entry.isFile() && entry.name !== 'config.json')
    .map((entry) => join(dir, entry.name))
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
  if (!dirOpen && openFiles.length === 0) {
    return { check, ok: true, says: `Only your user can get into ${dir}.` }
  }
  const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`
  const fixes = [
    ...(dirOpen ? [`chmod 700 ${quoted(dir)}`] : []),
    ...(openFiles.length > 0 ? [`chmod 600 ${openFiles.map(quoted).join(' ')}`] : []),
  ]
  return {
    check,
    ok: false,
    says: dirOpen
      ? `Other users of this computer can get into ${dir}.`
      : `Other users of this computer may read ${openFiles.join(', ')}.`,
    fix: `Run: ${fixes.join(' && ')}`,
  }
}
