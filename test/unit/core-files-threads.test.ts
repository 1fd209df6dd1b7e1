import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { StoreBench, someBytes } from './core-files-store.ts'

const CHILD = join(process.cwd(), 'dist/test/unit/core-files-child.js')
const MB = 1024 * 1024

interface Line {
  readonly known?: number
  readonly here?: number
  readonly chunks?: number
  readonly carried?: number
  readonly done?: object
}

let bench: StoreBench

beforeEach(async () => {
  bench = await StoreBench.open()
})

afterEach(() => bench.close())

/** What a child said until it ended; `stop` kills it, -9, once it carried so many chunks. */
async function run(source: string, stop?: number): Promise<Line[]> {
  const args = [CHILD, bench.dir('child'), source, ...(stop === undefined ? [] : [String(stop)])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: Line[] = []
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line
    lines.push(line)
    if (line.carried !== undefined && line.carried === stop) child.kill('SIGKILL')
  })
  await new Promise((resolve) => child.once('close', resolve))
  return lines
}

test('threads carry a file, and one that ends by itself takes its own jobs alone', async () => {
  const source = bench.dir('source')
  await writeFile(source, someBytes(40 * MB))
  const lines = await run(source)
  expect(lines.at(-1)!.done).toEqual({
    same: true,
    ended: 'UNAVAILABLE',
    after: 'ok',
    mismatch: 'mismatch',
    missing: 'ENOENT',
    closed: 'CLOSED',
    more: expect.any(Number),
  })
  const { more } = lines.at(-1)!.done as { more: number }
  expect(more).toBeGreaterThanOrEqual(1)
})

test('after kill -9 hardly anything is fetched twice', async () => {
  const source = bench.dir('source')
  await writeFile(source, someBytes(40 * MB))
  const before = await run(source, 100)
  expect(before[0]).toEqual({ known: 0, here: 0, chunks: 160 })
  const after = await run(source)
  // What was written in the very last moment may not have been noted.
  expect(after[0]!.known).toBe(1)
  expect(after[0]!.here).toBeGreaterThanOrEqual(60)
  expect(after.filter((line) => line.carried !== undefined)).toHaveLength(160 - after[0]!.here!)
  expect(after.at(-1)!.done).toMatchObject({ same: true })
})
