/** A disk with this program on it: reading thousands of files through the host's would take the guest minutes. */
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'
import { thisMachine } from '../setup/machine.ts'

const FREE_MB = 40
/** Sources, maps and pictures: nothing that runs. */
const NEEDLESS = /\.(md|ts|mts|cts|map|c|cc|cpp|h|hpp|gyp|gypi|o|a|bare|png|jpg)$/i
/** Of the native parts of packages, those that run here. */
const OURS = 'linux-x64'

interface Lock {
  readonly packages: Record<string, { dev?: boolean; os?: readonly string[] }>
}

/** Writes `file`, with what a release has and the tests; `folder` is for the work. */
export async function writeDisk(folder: string, file: string): Promise<void> {
  let bytes = 0
  const copy = async (from: string, to: string): Promise<void> => {
    await mkdir(to, { recursive: true })
    const inPrebuilds = from.endsWith('/prebuilds')
    for (const entry of await readdir(from, { withFileTypes: true })) {
      const [source, target] = [join(from, entry.name), join(to, entry.name)]
      if (entry.isDirectory()) {
        // Those of a package within another one are listed by themselves.
        if (entry.name === 'node_modules' || (inPrebuilds && entry.name !== OURS)) continue
        await copy(source, target)
      } else if (entry.isFile() && !NEEDLESS.test(entry.name)) {
        await copyFile(source, target)
        bytes += 4096 + (await stat(source)).size
      }
    }
  }
  for (const name of await packages()) await copy(join(packageRoot, name), join(folder, name))
  for (const name of ['dist', 'node-app/bin']) {
    await copy(join(packageRoot, name), join(folder, name))
  }
  await copyFile(join(packageRoot, 'package.json'), join(folder, 'package.json'))
  await writeFile(file, '')
  await truncate(file, bytes + FREE_MB * 2 ** 20)
  await thisMachine.run('mke2fs', ['-q', '-F', '-t', 'ext2', '-m', '0', '-d', folder, file])
}

/** Where the packages that a node needs to run are. */
async function packages(): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(packageRoot, 'package-lock.json'), 'utf8')) as Lock
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && !path.includes('/@img/'))
    .map(([path]) => path)
    .filter((path) => existsSync(join(packageRoot, path)))
}
