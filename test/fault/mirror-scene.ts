import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from '@jest/globals'
import { silentLogger } from '../../core/logger.ts'
import { Archive } from '../../core/mirror/archive/archive.ts'
import type { ArchiveMirror } from '../../core/mirror/archive/archive-mirror.ts'
import { MAX_WHOLE_BYTES, proveRange } from '../../core/mirror/range/prove.ts'
import { SignedLogs } from '../unit/core-signed-logs.ts'

const CHILD = join(process.cwd(), 'dist/test/fault/mirror-child.js')

/** An archive with `mirrors` of two logs each, of so many blocks of 200 bytes or more. */
export async function makeArchive(dir: string, mirrors: number, blocks: number): Promise<void> {
  const logs = await SignedLogs.open()
  const archive = await Archive.open(dir, { logger: silentLogger })
  for (let m = 0; m < mirrors; m++) {
    const mirror = await archive.create(String(m).padStart(2, '0').repeat(32), 'mirror')
    for (const name of ['a', 'b']) {
      const sizes = Array.from({ length: blocks }, (_, i) => 200 + ((i * 37) % 400))
      const log = await logs.author(`${m}${name}`, ...sizes)
      for (let at = 0; at < blocks; at += 2)
        await mirror.store(log.range(at, Math.min(at + 2, blocks)))
    }
  }
  await archive.close()
  await logs.close()
}

/** Runs the copying child; kills it after `lines` lines. Gives what it said. */
export async function runChild(args: readonly string[], lines = Infinity): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (said.length === lines) child.kill('SIGKILL')
  }
  await exited
  return said
}

/** All that a mirror has, block by block: each range proved. */
export async function contentOf(mirror: ArchiveMirror): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  for (const { key, spans } of await mirror.heads()) {
    for (const { from, to } of spans) {
      for (let at = from; at < to;) {
        const range = await mirror.read(key, at, MAX_WHOLE_BYTES)
        expect(range && proveRange(range)).not.toBeNull()
        range!.blocks.forEach((block, i) => found.set(`${key.toString('hex')} ${at + i}`, block))
        at += range!.blocks.length
      }
    }
  }
  return found
}

/** All that an archive has, by mirror. */
export async function contentsOf(dir: string): Promise<Map<string, Map<string, Buffer>>> {
  const archive = await Archive.open(dir, { logger: silentLogger })
  const found = new Map<string, Map<string, Buffer>>()
  for (const mirror of archive.mirrors()) found.set(mirror.id, await contentOf(mirror))
  await archive.close()
  return found
}
