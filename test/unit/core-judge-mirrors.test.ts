import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { judge } from '../../core/control/judge.ts'
import { hex, nodeOf, person, World } from './core-judge-world.ts'
import type { Side } from './core-judge-world.ts'

/** Ann is admin, Mia moderator, Bob and Cat members, Rex a reader. */
function room(): { world: World; all: Side } {
  const opened = World.open()
  const { all } = opened
  all.invite('ann', 'moderators', { as: 'moderator' })
  all.invite('ann', 'open')
  all.invite('ann', 'readers', { as: 'reader' })
  all.admit('ann', 'mia', 'moderators')
  for (const name of ['bob', 'cat']) all.admit('ann', name, 'open')
  all.admit('ann', 'rex', 'readers')
  return opened
}

const nodes = (world: World): string[] =>
  [...world.state.mirrors].map(([, { name }]) => name).sort()

describe('nodes that hold a room', () => {
  test('members and up add them, readers do not; who and how is kept', () => {
    const { world, all } = room()
    all.mirror('bob', 'hall', true, 'relay')
    all.mirror('rex', 'attic')
    all.mirror('mia', 'pub')
    expect(nodes(world)).toEqual(['hall', 'pub'])
    expect(world.state.mirrors.get(hex(nodeOf('hall')))).toMatchObject({
      by: person('bob'),
      relay: expect.any(Buffer),
      at: 0,
    })
    expect(world.state.mirrors.get(hex(nodeOf('pub')))).toMatchObject({ relay: null })
  })

  test('whoever added one, a moderator and an admin take it back; no other member, nor a reader', () => {
    const { world, all } = room()
    for (const node of ['a', 'b', 'c', 'd']) all.mirror('bob', node)
    all.mirror('cat', 'a', false)
    all.mirror('rex', 'a', false)
    expect(nodes(world)).toEqual(['a', 'b', 'c', 'd'])
    all.mirror('bob', 'a', false)
    all.mirror('mia', 'b', false)
    all.mirror('ann', 'c', false)
    expect(nodes(world)).toEqual(['d'])
  })

  test('only who may take one back says what it is called and whose relay is tried', () => {
    const { world, all } = room()
    all.mirror('bob', 'hall')
    all.mirror('cat', 'hall', true, 'a relay of Cat')
    expect(world.state.mirrors.get(hex(nodeOf('hall')))?.relay).toBeNull()
    all.mirror('mia', 'hall', true, 'a relay')
    expect(world.state.mirrors.get(hex(nodeOf('hall')))).toMatchObject({
      relay: expect.any(Buffer),
      by: person('bob'),
    })
  })

  test('at most 16; where one is taken back another has its place', () => {
    const { world, all } = room()
    for (let n = 0; n < 20; n++) all.mirror('bob', `node ${n}`)
    expect(world.state.mirrors.size).toBe(16)
    all.mirror('bob', 'node 3', false)
    all.mirror('bob', 'another')
    expect(nodes(world)).toContain('another')
    expect(world.state.mirrors.size).toBe(16)
  })

  test('taking back wins over adding at the same time, whichever stands first in the order', () => {
    for (const first of ['add', 'take back']) {
      const { world, all } = room()
      all.mirror('bob', 'hall')
      const away = all.split()
      const acts = [() => away.mirror('bob', 'hall'), () => all.mirror('mia', 'hall', false)]
      for (const act of first === 'add' ? acts : acts.reverse()) act()
      expect([first, nodes(world)]).toEqual([first, []])
      // Who knows that it was taken back may ask again.
      all.mirror('bob', 'hall')
      expect([first, nodes(world)]).toEqual([first, ['hall']])
    }
  })

  test('who knows that it was taken back once of two times adds it in vain', () => {
    const { world, all } = room()
    all.mirror('bob', 'hall')
    const [one, other] = [all.split(), all.split()]
    one.mirror('mia', 'hall', false)
    one.mirror('bob', 'hall')
    other.mirror('ann', 'hall', false)
    other.mirror('cat', 'hall')
    expect(nodes(world)).toEqual([])
    all.learn(one).learn(other).mirror('cat', 'hall')
    expect(nodes(world)).toEqual(['hall'])
  })

  test('A22: what someone removed adds or takes back meanwhile counts for nothing', () => {
    const { world, all } = room()
    all.mirror('bob', 'hall')
    const away = all.split()
    away.mirror('bob', 'attic')
    away.mirror('bob', 'hall', false)
    all.remove('ann', 'bob')
    away.mirror('bob', 'pub')
    all.learn(away)
    expect(nodes(world)).toEqual(['hall'])
  })

  test('whatever persons who never meet say: what was taken back is in again only by who knew it', () => {
    const step = fc.record({ who: fc.nat(4), node: fc.nat(3), on: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const { world, all } = room()
        const names = ['ann', 'mia', 'bob', 'cat', 'rex']
        const sides = names.map(() => all.split())
        const ended = new Map<string, Set<number>>()
        for (const { who, node, on } of steps) {
          const name = `node ${node}`
          const before = nodes(world).includes(name)
          sides[who]!.mirror(names[who]!, name, on)
          const after = nodes(world).includes(name)
          const by = ended.get(name) ?? new Set<number>()
          if (before && !after) ended.set(name, by.add(who))
          if (before || !after) continue
          expect([...by].every((other) => other === who)).toBe(true)
        }
        expect(judge(world.entries)).toEqual(world.state)
      }),
      { numRuns: 200 },
    )
  })
})
