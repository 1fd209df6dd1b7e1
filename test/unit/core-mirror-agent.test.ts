import { describe, expect, test } from '@jest/globals'
import type { KeyPair } from 'hypercore'
import { hash } from '../../core/crypto/hash.ts'
import { keyPairFromSeed } from '../../core/crypto/sign.ts'
import type { Keeping } from '../../core/mirror/items/keeping.ts'
import { mirrorId, mirrorKeys, nodeTopic } from '../../core/mirror/mirror-keys.ts'
import { MemberAgent } from '../../core/mirror/member/agent.ts'
import { Farewells } from '../../core/mirror/member/farewells.ts'
import { NodeBook } from '../../core/mirror/member/node-book.ts'
import { NodeTopics } from '../../core/mirror/member/node-topics.ts'
import type {
  HeldRoom,
  KeptWords,
  NodeLink,
  ProvedNode,
} from '../../core/mirror/member/node-link.ts'
import type { SavedMirrors } from '../../core/mirror/member/saved-mirrors.ts'
import type { Span } from '../../core/mirror/copy.ts'
import type { LogLength } from '../../core/room/delivery/receipts.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

const key = (name: string): Buffer => hash([Buffer.from(name)])
const hex = (name: string): string => key(name).toString('hex')
const SELF = hex('self')
const LOG = key('a log')
const UNTIL = Date.UTC(2026, 11, 1)

class FakeRoom implements HeldRoom {
  readonly id: string
  readonly keys
  joined = true
  readonly mirrors = new Map<
    string,
    { relay: Buffer | null; name: string; by: string; at: number }
  >()
  invitedBy: string[] = []
  length = 5
  readonly told: { node: string; logs: LogLength[] }[] = []

  constructor(name: string) {
    this.id = hex(name).slice(0, 32)
    this.keys = mirrorKeys(key(`secret ${name}`), key(name))
  }

  name(node: string, relay: Buffer | null = null): void {
    this.mirrors.set(hex(node), { relay, name: node, by: hex('ann'), at: 0 })
  }

  lengths(): LogLength[] {
    return [{ key: LOG, length: this.length }]
  }

  stored(node: string, logs: Iterable<LogLength>): void {
    this.told.push({ node, logs: [...logs] })
  }

  readonly droppedAt: string[] = []
  dropped(node: string): void {
    this.droppedAt.push(node)
  }
}

class FakeLink implements NodeLink {
  readonly transport = 'memory'
  address = 'memory:street'
  readonly paired = false
  node: ProvedNode | null
  closed = false
  /** What it answers to a deposit. */
  answer: KeptWords | null = { refused: null, until: UNTIL, bytes: 70 }
  readonly asked: { id: string; depositor: string }[] = []
  readonly forgotten: { id: string; depositor: string }[] = []
  readonly matching = new Set<string>()
  readonly spans = new Map<string, readonly Span[]>()
  /** What it says of files. */
  readonly files = new Map<string, Keeping>()

  constructor(name: string, relay: Buffer | null = null) {
    this.node = { key: key(name), name, free: 100, relay }
  }

  async deposit(mirror: Buffer, { depositor }: { depositor: KeyPair }): Promise<KeptWords | null> {
    const id = mirrorId(mirror)
    this.asked.push({ id, depositor: depositor.publicKey.toString('hex') })
    if (this.answer?.refused === null) this.matching.add(id)
    return this.answer
  }

  forget(mirror: Buffer, { depositor }: { depositor: KeyPair }): void {
    const id = mirrorId(mirror)
    this.forgotten.push({ id, depositor: depositor.publicKey.toString('hex') })
    this.matching.delete(id)
  }

  matched(id: string): boolean {
    return this.matching.has(id)
  }

  kept(id: string): KeptWords | null {
    return this.matched(id) ? this.answer : null
  }

  stored(): ReadonlyMap<string, readonly Span[]> {
    return this.spans
  }

  keeping(): ReadonlyMap<string, Keeping> {
    return this.files
  }

  named(): number {
    return this.files.size
  }
}

class World {
  readonly clock = new VirtualClock()
  readonly rooms: FakeRoom[] = []
  readonly leftRooms: FakeRoom[] = []
  readonly links: FakeLink[] = []
  saved: SavedMirrors = {}
  changes = 0
  saves = 0
  agent = this.#start()

  /** As after a restart: what was saved is all that is known. */
  restart(): void {
    this.agent.close()
    this.saved = JSON.parse(JSON.stringify(this.saved)) as SavedMirrors
    this.agent = this.#start()
    this.agent.follow()
  }

  async tick(ms = 0): Promise<void> {
    this.agent.follow()
    await this.clock.run(ms)
  }

  #start(): MemberAgent {
    const depositor = (node: string): KeyPair => keyPairFromSeed(key(`depositor ${node}`))
    const saved = (): SavedMirrors => this.saved
    return new MemberAgent({
      rooms: () => this.rooms,
      links: () => this.links,
      self: SELF,
      depositor,
      saved,
      save: async () => void this.saves++,
      farewells: new Farewells({
        saved,
        depositor,
        clock: this.clock,
        mirrorKey: (id) =>
          [...this.rooms, ...this.leftRooms].find((room) => room.id === id)?.keys.mirror ?? null,
      }),
      onchange: () => this.changes++,
      clock: this.clock,
    })
  }
}

/** A room that names a node, which is in reach. */
async function met(): Promise<{ world: World; room: FakeRoom; link: FakeLink }> {
  const world = new World()
  const room = new FakeRoom('porch')
  room.name('hall')
  const link = new FakeLink('hall')
  world.rooms.push(room)
  world.links.push(link)
  await world.tick(10)
  return { world, room, link }
}

describe('a member of a room that names a node', () => {
  test('asks it once met, under a key that no other node sees', async () => {
    const { world, room, link } = await met()
    room.name('pub')
    const pub = new FakeLink('pub')
    world.links.push(pub)
    await world.tick(10)
    await world.tick(10)
    expect(link.asked).toHaveLength(1)
    expect(pub.asked).toHaveLength(1)
    expect(link.asked[0]!.id).toBe(mirrorId(room.keys.mirror))
    expect(link.asked[0]!.depositor).not.toBe(pub.asked[0]!.depositor)
    expect(world.agent.placement(room.id, hex('hall'))?.saved).toMatchObject({
      until: UNTIL,
      bytes: 70,
    })
    await world.tick(200)
    expect(world.changes).toBeGreaterThan(0)
  })

  test('asks no node that no room names, none before it is let in, and not itself', async () => {
    const world = new World()
    const room = new FakeRoom('porch')
    room.mirrors.set(SELF, { relay: null, name: '', by: '', at: 0 })
    room.name('hall')
    room.joined = false
    const link = new FakeLink('hall')
    const other = new FakeLink('a stranger')
    const ourselves = new FakeLink('self')
    world.rooms.push(room)
    world.links.push(link, other, ourselves)
    await world.tick(10)
    expect(link.asked).toHaveLength(0)
    room.joined = true
    await world.tick(10)
    expect([link, other, ourselves].map(({ asked }) => asked.length)).toEqual([1, 0, 0])
  })

  test('asks one that refused ever more seldom, at once when it has more space, and renews with one that took it', async () => {
    const { world, room, link } = await met()
    link.answer = { refused: 'full', until: 0, bytes: 0 }
    link.matching.clear()
    // Met anew, so that it is asked now.
    world.links[0] = Object.assign(new FakeLink('hall'), { answer: link.answer })
    const full = world.links[0]
    await world.tick(10)
    expect(full.asked).toHaveLength(1)
    const place = world.agent.placement(room.id, hex('hall'))!
    expect(place.refused).toBe('full')
    // What is not stored is not said to be carried.
    expect(new Set(room.droppedAt)).toEqual(new Set([hex('hall')]))
    expect(place.reason).toMatch(/no space left/)
    await world.tick(29_000)
    expect(full.asked).toHaveLength(1)
    await world.tick(2_000)
    expect(full.asked).toHaveLength(2)
    await world.tick(31_000)
    expect(full.asked).toHaveLength(2)
    full.node = { ...full.node!, free: 500 }
    full.answer = { refused: null, until: 9, bytes: 1 }
    await world.tick(10)
    expect(full.asked).toHaveLength(3)
    expect(place.refused).toBeNull()
    await world.tick(12 * 3_600_000 + 10)
    expect(full.asked).toHaveLength(4)
  })

  test('one that gives no answer is asked again later', async () => {
    const { world, link } = await met()
    const mute = new FakeLink('hall')
    mute.answer = null
    world.links[0] = mute
    link.closed = true
    await world.tick(10)
    expect(mute.asked).toHaveLength(1)
    await world.tick(31_000)
    expect(mute.asked).toHaveLength(2)
  })

  test('counts as held only what the node said, from the beginning of a log on, and knows it after a restart', async () => {
    const { world, room, link } = await met()
    const place = (): number => world.agent.placement(room.id, hex('hall'))!.behind
    expect(place()).toBe(5)
    link.spans.set(LOG.toString('hex'), [
      { from: 0, to: 2 },
      { from: 4, to: 5 },
    ])
    world.agent.onstored(link, mirrorId(room.keys.mirror), [LOG.toString('hex')])
    expect(room.told).toEqual([{ node: hex('hall'), logs: [{ key: LOG, length: 2 }] }])
    expect(place()).toBe(2)
    link.spans.set(LOG.toString('hex'), [{ from: 3, to: 900 }])
    world.agent.onstored(link, mirrorId(room.keys.mirror), [LOG.toString('hex')])
    expect(room.told.at(-1)!.logs).toEqual([{ key: LOG, length: 0 }])
    link.spans.set(LOG.toString('hex'), [{ from: 0, to: 3 }])
    world.agent.onstored(link, mirrorId(room.keys.mirror), [LOG.toString('hex')])
    link.closed = true
    world.restart()
    expect(world.agent.placement(room.id, hex('hall'))!.link).toBeNull()
    expect(place()).toBe(2)
  })

  test('A17: a node that deleted the room holds nothing of it any more', async () => {
    const { world, room, link } = await met()
    link.spans.set(LOG.toString('hex'), [{ from: 0, to: 5 }])
    world.agent.onstored(link, mirrorId(room.keys.mirror), [LOG.toString('hex')])
    const place = world.agent.placement(room.id, hex('hall'))!
    expect([place.behind, place.saved.bytes, room.droppedAt]).toEqual([0, 70, []])
    link.spans.clear()
    world.agent.onstored(link, mirrorId(room.keys.mirror), [])
    expect(room.droppedAt).toEqual([hex('hall')])
    expect([place.behind, place.saved.bytes, place.saved.until]).toEqual([5, null, null])
  })

  test('what does not change is neither told nor written down again', async () => {
    const { world, link } = await met()
    await world.tick(20_000)
    const { changes, saves } = world
    expect(saves).toBe(1)
    for (let n = 0; n < 10; n++) await world.tick(5_000)
    expect([world.changes, world.saves]).toEqual([changes, saves])
    link.node = { ...link.node!, free: 7 }
    await world.tick(20_000)
    expect([world.changes, world.saves]).toEqual([changes + 1, saves])
  })

  test('what another mirror’s id says is not this room’s', async () => {
    const { world, room, link } = await met()
    link.spans.set(LOG.toString('hex'), [{ from: 0, to: 5 }])
    world.agent.onstored(link, hex('another mirror'), [LOG.toString('hex')])
    world.agent.onstored(new FakeLink('hall'), mirrorId(room.keys.mirror), [LOG.toString('hex')])
    expect(room.told).toEqual([])
  })

  test('withdraws when the room does not name it any more, or is left', async () => {
    for (const how of ['off', 'left'] as const) {
      const { world, room, link } = await met()
      if (how === 'off') room.mirrors.clear()
      else world.agent.left(room.id)
      if (how === 'left') world.rooms.length = 0
      await world.tick(10)
      expect([how, link.forgotten]).toEqual([how, [link.asked[0]]])
      expect(world.saved.places).toEqual({})
    }
  })

  test('tells one that was away then, once it is met and has the room, also after a restart; not one that forgot by itself', async () => {
    const { world, room, link } = await met()
    link.closed = true
    room.mirrors.clear()
    await world.tick(10)
    expect(link.forgotten).toEqual([])
    world.leftRooms.push(...world.rooms.splice(0))
    world.restart()
    const again = new FakeLink('hall')
    world.links.push(again)
    await world.tick(10)
    expect(again.forgotten).toEqual([])
    again.matching.add(mirrorId(room.keys.mirror))
    await world.tick(10)
    expect(again.forgotten).toHaveLength(1)
    await world.tick(10)
    expect(again.forgotten).toHaveLength(1)
    world.saved.places = {
      [`${room.id}/${hex('hall')}`]: { held: 1, bytes: 1, until: 1, ended: true },
    }
    again.matching.add(mirrorId(room.keys.mirror))
    await world.tick(10)
    expect(again.forgotten).toHaveLength(1)
    expect(world.saved.places).toEqual({})
  })
})

describe('nodes', () => {
  test('are known by what they say of themselves, or as they were added; their relays are tried, the best first', async () => {
    const { world, room } = await met()
    const saved = (): SavedMirrors => world.saved
    const book = new NodeBook({
      links: () => world.links,
      rooms: () => world.rooms,
      saved,
      clock: world.clock,
    })
    room.name('pub', key('relay of pub'))
    const link = new FakeLink('hall', key('relay of hall'))
    link.node = { ...link.node!, name: '\u202ehall\n' }
    world.links[0] = link
    book.met(link)
    const [hall, pub] = book.all()
    expect(hall).toMatchObject({ id: hex('hall'), name: 'hall', rooms: [room.id] })
    expect(hall!.link).toBe(link)
    expect(pub).toMatchObject({ id: hex('pub'), name: 'pub', link: null, seen: null })
    expect(book.relays()).toEqual([key('relay of hall'), key('relay of pub')])
    world.links.length = 0
    expect(book.all().find(({ id }) => id === hex('hall'))).toMatchObject({ name: 'hall' })
  })

  test('A16: strangers who say that they are nodes, here or earlier, choose few of the relays, and never the first', async () => {
    const { world, room } = await met()
    const book = new NodeBook({
      links: () => world.links,
      rooms: () => world.rooms,
      saved: () => world.saved,
      clock: world.clock,
    })
    const crowd = Array.from({ length: 20 }, (_, i) => new FakeLink(`n${i}`, key(`relay ${i}`)))
    for (const link of crowd.slice(0, 10)) book.met(link)
    await world.clock.run(60_000)
    world.links.splice(0, Infinity, ...crowd.slice(10))
    for (const link of world.links) book.met(link)
    crowd[19]!.address = 'memory:elsewhere'
    room.name('pub', key('relay of pub'))
    const [first, ...others] = book.relays()
    expect(first).toEqual(key('relay of pub'))
    expect(others.slice(0, 3)).toEqual([key('relay 10'), key('relay 11'), key('relay 19')])
    expect(others).toHaveLength(5)
  })

  test('are looked for by who is in their rooms, or was invited by them; who offers is found', () => {
    const joined = new Map<string, boolean>()
    const room = new FakeRoom('porch')
    let offers = false
    const topics = new NodeTopics({
      self: SELF,
      rooms: () => [room],
      offers: () => offers,
      join: (topic, announce) => joined.set(topic.toString('hex'), announce),
      leave: (topic) => joined.delete(topic.toString('hex')),
    })
    const at = (node: string): string => nodeTopic(key(node)).toString('hex')
    room.joined = false
    room.invitedBy = [hex('hall'), SELF]
    topics.follow()
    expect([...joined]).toEqual([[at('hall'), false]])
    room.joined = true
    room.name('pub')
    offers = true
    topics.follow()
    expect(new Map(joined)).toEqual(
      new Map([
        [at('self'), true],
        [at('pub'), false],
      ]),
    )
    offers = false
    room.mirrors.clear()
    topics.follow()
    expect(joined.size).toBe(0)
    for (let n = 0; n < 100; n++) room.name(`node ${n}`)
    topics.follow()
    expect(joined.size).toBe(64)
  })
})
