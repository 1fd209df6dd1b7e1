import { describe, expect, test } from '@jest/globals'
import type { FileView } from '../../core/files/api.ts'
import { until } from '../compliance/until.ts'
import { CircuitWorld, paths } from './circuit-world.ts'

const LONG = 300_000

async function* pieces(size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += 10_000) yield Buffer.alloc(Math.min(10_000, size - at), at)
}

describe('members without a direct link', () => {
  test(
    'get one through a stranger between them, and talk over it',
    async () => {
      await CircuitWorld.run(['a', 'n', 'b'], async (world) => {
        await world.gather('a', 'b')
        await world.line('a', 'n', 'b')
        await world.linked('a', 'b', 'circuit')
        await world.linked('b', 'a', 'circuit')
        await world.talk('a', 'b')
        expect(world.node('n').engine.rooms()).toEqual([])
        // The stranger sees two neighbours, and no third.
        expect(paths(world.node('n')).sort()).toEqual(['a-n', 'n-b'])
      })
    },
    LONG,
  )

  test(
    'reach over eight links, and not over nine',
    async () => {
      const names = ['a', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'b', 'c']
      await CircuitWorld.run(names, async (world) => {
        await world.gather('a', 'b', 'c')
        await world.line(...names)
        await world.linked('a', 'b', 'circuit')
        // c is at the end of the ninth; what it writes comes by b, its neighbour.
        await world.talk('a', 'b', 'c')
        expect(paths(world.node('a')).sort()).toEqual(['a-n1', 'circuit'])
        expect(paths(world.node('c'))).toEqual(['b-c'])
      })
    },
    LONG,
  )

  test(
    'exchange files, small ones by themselves and larger ones when asked for',
    async () => {
      await CircuitWorld.run(['a', 'n', 'b'], async (world) => {
        await world.gather('a', 'b')
        await world.line('a', 'n', 'b')
        await world.linked('b', 'a', 'circuit')
        const [from, to] = [world.node('a').engine.files, world.node('b').engine.files]
        const send = (name: string, size: number): Promise<FileView> =>
          from.sendBytes(world.room, name, pieces(size))
        const large = await send('large', 300_000)
        await send('small', 20_000)
        const states = async (): Promise<string> => {
          const views = await to.list(world.room)
          return views.map(({ name, state }) => `${name} ${state}`).join()
        }
        const fetched = 'large remote,small complete'
        await until('the small one', async () => (await states()) === fetched)
        expect((await to.get(world.room, large.id)).size).toBe(300_000)
        expect(await states()).toBe('large complete,small complete')
        expect(paths(world.node('b')).sort()).toEqual(['circuit', 'n-b'])
      })
    },
    LONG,
  )

  test(
    'find another way when the one they have is cut',
    async () => {
      await CircuitWorld.run(['a', 'n', 'm', 'b'], async (world) => {
        await world.gather('a', 'b')
        await world.line('a', 'n', 'b')
        await world.line('a', 'm', 'b')
        for (const [cut, kept] of [
          ['n', 'm'],
          ['m', 'n'],
        ] as const) {
          await world.linked('a', 'b', 'circuit')
          await world.talk('a', 'b')
          world.cut(cut, 'b')
          await world.talk('a', 'b')
          await world.linked('a', 'b', 'circuit')
          world.mend(cut, 'b')
          expect(paths(world.node('a'))).toContain(`a-${kept}`)
        }
      })
    },
    LONG,
  )

  test(
    'a direct link that comes takes over without loss, and a circuit after it',
    async () => {
      await CircuitWorld.run(['a', 'n', 'b'], async (world) => {
        await world.gather('a', 'b')
        await world.line('a', 'n', 'b')
        await world.linked('a', 'b', 'circuit')
        const talk = world.talk('a', 'b')
        await world.wire('a', 'b', { cost: 30 })
        await talk
        await world.linked('a', 'b', 'a-b')
        await world.linked('b', 'a', 'a-b')
        const views = (): number[] =>
          ['a', 'b'].map((name) => {
            const all = world.node(name).engine.transports()
            return all.find(({ id }) => id === 'circuit')!.peers
          })
        await until('the circuit to be retired', () => views().join() === '0,0')
        await world.talk('a', 'b')
        world.cut('a', 'b')
        await world.linked('a', 'b', 'circuit')
        await world.talk('a', 'b')
      })
    },
    LONG,
  )
})
