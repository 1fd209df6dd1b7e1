/** Strangers who carry messages of a room from one place to another, with real engines. */
import { describe, expect, test } from '@jest/globals'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SPRAY } from '../../core/mirror/carry/spray.ts'
import { until } from '../compliance/until.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const LIMIT = 150_000
const CANARY = 'the canary sings at dusk'
/** Bytes of a long message: who carries so much has more than what the room says of itself. */
const LONG = 10_000
const spray = { ...SPRAY, patience: 0 }

/** These are together, in groups; all others each alone. */
function meet(world: SimWorld, ...groups: (readonly SimNode[])[]): void {
  const names = groups.map((group) => group.map(({ name }) => name))
  const alone = world.nodes.map(({ name }) => name).filter((name) => !names.flat().includes(name))
  world.network.partition([...names, ...alone.map((name) => [name])])
}

/** A room of the first two. */
async function roomOf(world: SimWorld): Promise<string> {
  const [ann, bob] = world.nodes as [SimNode, SimNode]
  meet(world, [ann, bob])
  const { id } = await ann.engine.createRoom('Porch')
  const invite = await ann.engine.invite(id)
  await bob.engine.join(invite, { patience: 120_000 })
  const know = ({ engine }: SimNode): boolean => engine.members(id).length === 2
  await until('both to know each other', () => [ann, bob].every(know), LIMIT)
  return id
}

async function texts(node: SimNode, room: string): Promise<string[]> {
  return (await node.messages(room)).map(({ text }) => text ?? '')
}

async function shows(node: SimNode, room: string, text: string): Promise<void> {
  const there = async (): Promise<boolean> => (await texts(node, room)).includes(text)
  await until(`${node.name} to show “${text.slice(0, 30)}”`, there, LIMIT)
}

function carried(node: SimNode): { mirrors: number; bytes: number } {
  return node.engine.mirrors.held().carried
}

/** A long message that can be told from others. */
function long(words: string): string {
  return words.padEnd(LONG, ` ${words}`)
}

/** Resolves once it carries a long message, and so many bytes beside it. */
async function carries(node: SimNode, beside = 0): Promise<void> {
  await until(`${node.name} to carry`, () => carried(node).bytes >= beside + LONG, LIMIT)
}

async function restart(node: SimNode): Promise<void> {
  await node.stop()
  await node.start()
}

async function disk(node: SimNode): Promise<Buffer[]> {
  const entries = await readdir(node.dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name))))
}

describe('a stranger who carries', () => {
  test('brings what was written to a member elsewhere, restarted on the way, and can read none of it', async () => {
    await SimWorld.run(1, { nodes: 3, spray }, async (world) => {
      const [ann, bob, stranger] = world.nodes as [SimNode, SimNode, SimNode]
      const room = await roomOf(world)
      meet(world, [ann, stranger])
      await ann.send(room, long(CANARY))
      await carries(stranger)
      expect(carried(stranger).mirrors).toBe(1)
      meet(world)
      await restart(stranger)
      expect(carried(stranger).mirrors).toBe(1)
      for (const stored of await disk(stranger)) {
        expect(stored.includes(CANARY) || stored.includes('Porch')).toBe(false)
      }
      meet(world, [stranger, bob])
      await shows(bob, room, long(CANARY))
      expect(stranger.engine.rooms()).toEqual([])
    })
  })

  test('hands half of the copies to another one, who brings them on', async () => {
    await SimWorld.run(2, { nodes: 4, spray }, async (world) => {
      const [ann, bob, one, two] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
      const room = await roomOf(world)
      meet(world, [ann, one])
      await ann.send(room, long('by two hands'))
      await carries(one)
      meet(world, [one, two])
      await carries(two)
      meet(world, [two, bob])
      await shows(bob, room, long('by two hands'))
      expect(carried(one).mirrors).toBe(1)
      // And an answer comes back by who is there.
      const before = carried(two).bytes
      await bob.send(room, long('I have it'))
      await carries(two, before)
      meet(world, [two, ann])
      await shows(ann, room, long('I have it'))
    })
  })

  test('with few copies left gives them to nobody but members', async () => {
    await SimWorld.run(3, { nodes: 4, spray: { ...spray, copies: 2 } }, async (world) => {
      const [ann, bob, one, two] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
      const room = await roomOf(world)
      meet(world, [ann, one])
      await ann.send(room, long('the last copy'))
      await carries(one)
      meet(world, [one, two, bob])
      await shows(bob, room, long('the last copy'))
      expect(carried(two)).toEqual({ mirrors: 0, bytes: 0 })
    })
  })

  test('takes nothing while carrying is off, and drops what it has when asked to', async () => {
    await SimWorld.run(4, { nodes: 4, spray }, async (world) => {
      const [ann, , off, on] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
      const room = await roomOf(world)
      await off.engine.mirrors.setSettings({ carry: false })
      meet(world, [ann, off, on])
      await ann.send(room, long('who takes it?'))
      await carries(on)
      expect(carried(off)).toEqual({ mirrors: 0, bytes: 0 })
      meet(world)
      await on.engine.mirrors.drop('carried')
      expect(carried(on)).toEqual({ mirrors: 0, bytes: 0 })
      await restart(on)
      expect(carried(on)).toEqual({ mirrors: 0, bytes: 0 })
    })
  })
})
