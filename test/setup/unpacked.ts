import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'
import { thisMachine } from './machine.ts'
import type { Machine } from './machine.ts'

const PLACE = join(packageRoot, '.porchlight-build', 'debian')

/**
 * The files of a Debian package that match one of these patterns of tar, fetched and laid down aside: nothing is
 * installed. Gives their folder, which is kept for the next time; rejects with what the programs of Debian said.
 */
export async function unpackedDebian(
  name: string,
  patterns: readonly string[] = ['*'],
  { machine = thisMachine, place = PLACE }: { machine?: Machine; place?: string } = {},
): Promise<string> {
  const folder = join(place, (await fileName(name, machine)).replace(/\.deb$/, ''))
  const kept = await readdir(folder).catch(() => null)
  if (kept !== null) return folder
  await mkdir(place, { recursive: true })
  const work = await mkdtemp(join(place, 'fetch-'))
  try {
    // By itself apt-get hands the fetching to a user who may not write here.
    const fetch = 'cd "$1" && apt-get -q -o APT::Sandbox::User=root download "$2"'
    await machine.run('sh', ['-c', fetch, 'fetch', work, name])
    const [deb] = (await readdir(work)).filter((entry) => entry.endsWith('.deb'))
    const files = join(work, 'files')
    await mkdir(files)
    const lay =
      'deb="$1"; to="$2"; shift 2; dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$to" --no-same-owner --wildcards "$@"'
    await machine.run('sh', ['-c', lay, 'lay', join(work, deb!), files, ...patterns])
    await rename(files, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return folder
}

/** The name of the file that apt-get would fetch, version included. */
async function fileName(name: string, machine: Machine): Promise<string> {
  const ask = async (): Promise<string> => {
    const told = await machine.run('apt-get', ['download', '--print-uris', name])
    const file = /^'[^']*' (\S+\.deb) /m.exec(told)?.[1]
    if (file === undefined) throw new Error(`apt-get knows no package ${name}`)
    return file
  }
  return ask().catch(async () => {
    await machine.run('apt-get', ['update', '-q'])
    return ask()
  })
}
