/** Nodes that hold rooms that they can not read, in a simulated world. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { MirrorView } from '../../core/mirror/api.ts'
import { until } from '../compliance/until.ts'
import type { SimNode } from './sim-node.ts'
import type { SimWorld } from './sim-world.ts'

/** These are together, in groups; all others each alone. */
export function meet(world: SimWorld, ...groups: (readonly SimNode[])[]): void {
  const names = groups.map((group) => group.map(({ name }) => name))
  const alone = world.nodes.map(({ name }) => name).filter((name) => !names.flat().includes(name))
  world.network.partition([...names, ...alone.map((name) => [name])])
}

/** These offer space. */
export async function offer(...nodes: readonly SimNode[]): Promise<void> {
  for (const node of nodes) await node.engine.mirrors.setSettings({ neighbourhood: true })
}

/** A room of these, and no others. */
export async function roomOf(
  world: SimWorld,
  [host, ...guests]: readonly SimNode[],
): Promise<string> {
  meet(world, [host!, ...guests])
  const { id } = await host!.engine.createRoom('Porch')
  world.room = id
  const invite = await host!.engine.invite(id)
  for (const guest of guests) await guest.engine.join(invite, { patience: 120_000 })
  const all = (node: SimNode): boolean => node.engine.members(id).length === guests.length + 1
  await until('all to know each other', () => [host!, ...guests].every(all))
  return id
}

/** How a member's room stands at a node. */
export function at(member: SimNode, node: SimNode, room: string): MirrorView | undefined {
  return member.engine.mirrors.list(room).find((view) => view.node === node.engine.deviceId)
}

/** Resolves once the node said that it holds all that the member has, so many of its files among it. */
export async function held(member: SimNode, node: SimNode, room: string, files = 0): Promise<void> {
  const there = (): boolean => {
    const view = at(member, node, room)
    return view?.state === 'stored' && (view.files?.kept ?? 0) >= files
  }
  await until(`${node.name} to hold all that ${member.name} has`, there).catch((error: unknown) => {
    const view = JSON.stringify(at(member, node, room))
    throw new Error(`${String(error)}: ${view}`, { cause: error })
  })
}

/** All files below a directory. */
export async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Bytes that the disk gives to what is below some directories of a node. */
export async function diskBytes(node: SimNode, ...names: readonly string[]): Promise<number> {
  let bytes = 0
  for (const name of names) {
    for (const path of await filesIn(join(node.dir, name))) {
      bytes += await stat(path).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      )
    }
  }
  return bytes
}

/** The files of a node that hold one of these. */
export async function filesWith(node: SimNode, secrets: readonly Buffer[]): Promise<string[]> {
  const found: string[] = []
  for (const path of await filesIn(node.dir)) {
    const data = await readFile(path).catch(() => Buffer.alloc(0))
    if (secrets.some((secret) => data.includes(secret) || path.includes(secret.toString()))) {
      found.push(path)
    }
  }
  return found
}

/** Ends a device and starts it again on its own data. */
export async function restart(node: SimNode): Promise<void> {
  await node.stop()
  await node.start()
}
