import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of our package.json, from the sources as from what they are compiled to. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

/** The release this is. */
export const version = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version

/** Where the build puts the page. */
export const builtPage = join(packageRoot, 'dist', 'web-ui')

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from
  const up = dirname(from)
  if (up === from) throw new Error('package.json is missing from the installation')
  return findRoot(up)
}
