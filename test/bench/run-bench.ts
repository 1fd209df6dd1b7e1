import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench, BenchContext, BenchResult, Closable } from './bench.ts'

export interface RunOptions {
  readonly quick: boolean
  readonly seconds: number | undefined
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Runs a benchmark and takes everything that it made down again. */
export async function runBench(bench: Bench, options: RunOptions): Promise<BenchResult> {
  const { quick, seconds, say, signal } = options
  const directory = await mkdtemp(join(tmpdir(), `porchlight-bench-${bench.name}-`))
  const owned: Closable[] = []
  const context: BenchContext = {
    quick,
    seconds,
    directory,
    say,
    own(resource) {
      // Made while all others were being closed: nobody would close it later.
      if (signal.aborted) void resource.close().catch(() => {})
      signal.throwIfAborted()
      owned.push(resource)
      return resource
    },
  }
  const running = bench.run(context)
  try {
    return await unlessAborted(running, signal)
  } finally {
    // Its participants go first: what still waits for them then ends too.
    await Promise.allSettled(owned.toReversed().map((resource) => resource.close()))
    await running.catch(() => {})
    await rm(directory, { recursive: true, force: true })
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onabort: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    onabort = () => reject(new Error('interrupted'))
    signal.addEventListener('abort', onabort)
  })
  return Promise.race([work, aborted]).finally(() => {
    signal.removeEventListener('abort', onabort!)
  })
}
