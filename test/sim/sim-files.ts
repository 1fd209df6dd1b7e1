/** Files in a simulated world: what was sent, and whether all have it. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FileView } from '../../core/files/api.ts'
import { until } from '../compliance/until.ts'
import type { SimNode } from './sim-node.ts'
import type { SimWorld } from './sim-world.ts'

/** An item that was sent. */
export interface SimItem {
  readonly id: string
  readonly from: SimNode
  /** Where it stays at its sender. */
  readonly path: string
  /** Of what it holds. */
  readonly hash: string
  readonly bytes: number
}

/** Sends a file, or a folder of several; what is in it is drawn from the world's seed. */
export async function sendItem(
  world: SimWorld,
  from: SimNode,
  { name, bytes, files = 1 }: { name: string; bytes: number; files?: number },
): Promise<SimItem> {
  const path = join(dirname(from.dir), `sent by ${from.name}`, name)
  if (files === 1) await put(path, world.random.bytes(bytes))
  for (let n = 0; n < files && files > 1; n++) {
    const share = Math.floor((bytes * (n + 1)) / files) - Math.floor((bytes * n) / files)
    await put(join(path, `${n % 3}`, `${n}.bin`), world.random.bytes(share))
  }
  const hash = await hashOf(path)
  const { id } = await from.engine.files.send(world.room, path)
  return { id, from, path, hash, bytes }
}

async function put(path: string, data: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, data)
}

/** The hash of a file, or of a folder's paths and bytes. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => null)
  if (entries === null) return hash.update(await readFile(path)).digest('hex')
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length))
  for (const name of names.sort()) hash.update(`${name}\0`).update(await readFile(join(path, name)))
  return hash.digest('hex')
}

export async function viewOf(
  world: SimWorld,
  node: SimNode,
  { id }: Pick<SimItem, 'id'>,
): Promise<FileView | undefined> {
  return (await node.engine.files.list(world.room)).find((view) => view.id === id)
}

/** Waits until a device has all of an item, and throws unless it is what was sent. */
export async function expectWhole(world: SimWorld, node: SimNode, item: SimItem): Promise<void> {
  let last: FileView | undefined
  const path = await until(`${node.name} to have a file of ${item.bytes} bytes`, async () => {
    last = await viewOf(world, node, item)
    return last?.state === 'complete' ? last.path : undefined
  }).catch((error: unknown) => {
    const { preview: _, ...shown } = last ?? {}
    throw new Error(`${String(error)}: it shows ${JSON.stringify(shown)}`, { cause: error })
  })
  if ((await hashOf(path)) !== item.hash) {
    throw new Error(`${node.name} has other bytes in ${path} than were sent`)
  }
}

/** Throws when a device keeps parts of what is complete. */
export async function expectTidy(node: SimNode): Promise<void> {
  const kept = await readdir(join(node.dir, 'files'), { recursive: true }).catch(() => [])
  const parts = kept.filter((name) => name.endsWith('.part'))
  if (parts.length > 0) throw new Error(`${node.name} keeps ${parts.join(', ')}`)
}
