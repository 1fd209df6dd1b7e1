import { chmod, mkdir, stat } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { PorchlightError } from '../core/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Where a node's data lives when nobody says otherwise, by the custom of the system. */
export function defaultDataDir(
  platform: NodeJS.Platform = process.platform,
  env: Environment = process.env,
  // HOME may be set to nothing; the system's list of users knows better.
  home: string = homedir() || userInfo().homedir,
): string {
  const [set, ...usual] =
    platform === 'win32'
      ? [env['APPDATA'], 'AppData', 'Roaming']
      : platform === 'darwin'
        ? [undefined, 'Library', 'Application Support']
        : [env['XDG_DATA_HOME'], '.local', 'share']
  // A relative one would name another folder in every working directory.
  const base = set !== undefined && isAbsolute(set) ? set : join(home, ...usual)
  const dir = join(base, 'porchlight')
  if (isAbsolute(dir)) return dir
  throw new PorchlightError(
    'BAD_CONFIG',
    'Your home folder is not known here: name the data directory with --data or PORCHLIGHT_DATA.',
  )
}

/** The data directory of this call: `--data`, else PORCHLIGHT_DATA, else the system's custom. */
export function chooseDataDir(option: string | undefined, env: Environment = process.env): string {
  return resolve(option || env['PORCHLIGHT_DATA'] || defaultDataDir(process.platform, env))
}

/** Makes the directory if it is missing, and closes it to everybody else. */
export async function ensureDataDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  if (process.platform === 'win32') return
  const { mode } = await stat(dir)
  if ((mode & 0o077) !== 0) await chmod(dir, 0o700)
}
