import { chmod, mkdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** Where a node's data lives when nobody says otherwise, by the custom of the system. */
export function defaultDataDir(
  platform: NodeJS.Platform = process.platform,
  env: Environment = process.env,
  home: string = homedir(),
): string {
  if (platform === 'win32') {
    return join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), 'porchlight')
  }
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'porchlight')
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'porchlight')
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
