/** What the fault tests do with files of nodes. */
import { createCipheriv, createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FileView, FilesApi } from '../../core/files/api.ts'
import { until } from '../compliance/until.ts'
import type { NodeProcess } from './node-process.ts'

const MB = 1_000_000

type Methods = Pick<
  FilesApi,
  'send' | 'list' | 'show' | 'get' | 'fetch' | 'pause' | 'resume' | 'cancel' | 'remove' | 'storage'
>

/** Calls the files of a node's engine. */
export function ask<M extends keyof Methods>(
  node: NodeProcess,
  method: M,
  ...args: Parameters<Methods[M]>
): Promise<Awaited<ReturnType<Methods[M]>>> {
  return node.call(`files.${method}`, ...args)
}

/** A file of so many megabytes, none of which is like another. */
export async function makeFile(path: string, megabytes: number): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, path.length), Buffer.alloc(16))
  const file = await open(path, 'w')
  const bytes = Math.round(megabytes * MB)
  for (let at = 0; at < bytes; at += MB) {
    await file.write(stream.update(Buffer.alloc(Math.min(MB, bytes - at))))
  }
  await file.close()
  return path
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

/** Waits until a node shows a file as is wanted; looks every few milliseconds. */
export async function shown(
  node: NodeProcess,
  room: string,
  file: string,
  what: string,
  accepts: (view: FileView) => boolean,
): Promise<FileView> {
  let last: FileView | undefined
  try {
    return await until(what, async () => {
      last = (await ask(node, 'list', room)).find(({ id }) => id === file)
      return last && accepts(last) ? last : undefined
    })
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new Error(`${words}: ${JSON.stringify(last)}; ${node.mishaps.join('; ')}`, {
      cause: error,
    })
  }
}

/** Asks for a file as soon as its message is here. */
export async function want(node: NodeProcess, room: string, file: string): Promise<void> {
  await shown(node, room, file, 'the offer', () => true)
  await ask(node, 'fetch', room, file)
}

/** Waits until all of it is there; the hash of what is there. */
export async function wholeHash(node: NodeProcess, room: string, file: string): Promise<string> {
  const whole = await shown(node, room, file, 'the whole file', (view) => view.state === 'complete')
  return hashOf(whole.path!)
}

/** Every file below a data directory's files, by its path there. */
export async function storedFiles(dir: string): Promise<string[]> {
  const root = join(dir, 'files')
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}

/** Bytes of the disk that a data directory's files take. */
export async function storedBytes(dir: string): Promise<number> {
  let sum = 0
  for (const name of await storedFiles(dir)) sum += (await stat(join(dir, 'files', name))).blocks
  return sum * 512
}
