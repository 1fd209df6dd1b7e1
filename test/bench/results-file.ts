import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot, version } from '../../node-app/package-root.ts'
import type { BenchResult } from './bench.ts'

const run = promisify(execFile)

/** What the figures depend on. */
export interface Circumstances {
  readonly date: string
  readonly version: string
  /** The commit that was checked out, when git tells. */
  readonly commit: string | null
  readonly node: string
  readonly system: string
  readonly processors: string
  readonly memoryGiB: number
  /** Others' work on the machine, as the load of the last minute when the run began. */
  readonly load: number
}

export async function circumstances(): Promise<Circumstances> {
  const processors = cpus()
  const commit = await run('git', ['-C', packageRoot, 'rev-parse', '--short', 'HEAD']).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )
  return {
    date: new Date().toISOString(),
    version,
    commit,
    node: process.version,
    system: `${process.platform} ${release()} ${process.arch}`,
    processors: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0]!,
  }
}

/** Writes bench/results/NAME.json, and the plot beside it; gives the path. */
export async function saveResult(
  name: string,
  result: BenchResult,
  facts: Circumstances & { readonly quick: boolean; readonly seconds: number },
): Promise<string> {
  const directory = join(packageRoot, 'bench', 'results')
  await mkdir(directory, { recursive: true })
  const file = join(directory, `${name}.json`)
  const { plot, ...figures } = result
  await writeFile(file, `${JSON.stringify({ name, ...facts, ...figures }, null, 2)}\n`)
  if (plot !== undefined) await writeFile(join(directory, `${name}.svg`), plot)
  return file
}
