/** The keys by which devices recognise each other by radio, told in sessions of real engines. */
import { expect, test } from '@jest/globals'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import Protomux from 'protomux'
import type { Channel } from 'protomux'
import { NEARBY_TOPIC } from '../../core/connection/transport-manager.ts'
import { sessionMessages, SESSION_PROTOCOL } from '../../core/session/messages.ts'
import type { SessionSenders } from '../../core/session/messages.ts'
import type { Link, Recognising } from '../../core/transport.ts'
import { until } from '../compliance/until.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const LIMIT = 120_000
/** A message that no version knows yet. */
const UNKNOWN = 60

/** What a device's radio was told last. */
class Radio implements Recognising {
  own = Buffer.alloc(0)
  known: string[] = []

  /** Plugged into a device that runs. */
  constructor(node: SimNode) {
    Object.assign(node.transports.get('memory')!, { recognise: this.recognise.bind(this) })
  }

  recognise(own: Uint8Array, known: readonly Uint8Array[]): void {
    this.own = Buffer.from(own)
    this.known = known.map((key) => Buffer.from(key).toString('hex'))
  }

  knows(other: Radio): boolean {
    return this.known.includes(other.own.toString('hex'))
  }
}

test('A33: members tell each other their keys, a stranger hears and teaches none; who is removed knows none that counts', async () => {
  await SimWorld.run(33, { nodes: 3 }, async (world) => {
    const [ann, , cleo] = world.nodes as [SimNode, SimNode, SimNode]
    const radios = world.nodes.map((node) => new Radio(node)) as [Radio, Radio, Radio]
    const [anns, bobs, cleos] = radios
    const stranger = new Stranger(world)
    await stranger.come()
    await world.gather()
    const all = (): boolean =>
      radios.every((one) => radios.every((other) => one === other || one.knows(other)))
    await until('all to know each other’s keys', all, LIMIT)
    expect(new Set(radios.map(({ own }) => own.toString('hex'))).size).toBe(3)
    expect(stranger.heard).toEqual([])
    for (const radio of radios) expect(radio.known).not.toContain(stranger.key.toString('hex'))

    const before = anns.own
    const person = ann.engine.members(world.room).find(({ name }) => name === cleo.name)!
    await ann.engine.moderate(world.room, person.id, { act: 'remove' })
    await until('another key', () => !anns.own.equals(before), LIMIT)
    await until('the one who stays to know it', () => bobs.knows(anns) && anns.knows(bobs), LIMIT)
    expect(cleos.knows(anns)).toBe(false)
    expect(anns.knows(cleos)).toBe(false)

    // What was said is kept: a restart tells nobody anew, and knows all.
    const { own } = anns
    await ann.stop()
    await ann.start()
    const again = new Radio(ann)
    await until('the keys of before', () => again.knows(bobs), LIMIT)
    expect(again.own).toEqual(own)
    await stranger.leave()
  })
}, 300_000)

/** A device without a room that says what only members say, and what no version says. */
class Stranger {
  readonly key = Buffer.alloc(32, 5)
  readonly heard: Buffer[] = []
  said = 0
  readonly #transport

  constructor(world: SimWorld) {
    this.#transport = world.network.transport('stranger')
    this.#transport.on('link', (link) => void this.#talk(link))
    this.#transport.join(NEARBY_TOPIC)
  }

  async come(): Promise<void> {
    await this.#transport.start()
    await until('the stranger to have told all three', () => this.said >= 3, LIMIT)
  }

  leave(): Promise<void> {
    return this.#transport.stop()
  }

  async #talk(link: Link): Promise<void> {
    const stream = new NoiseSecretStream(link.initiator, link.stream)
    stream.on('error', () => {})
    if (!(await stream.opened)) return
    const channel: Channel = new Protomux(stream).createChannel({ protocol: SESSION_PROTOCOL })!
    const names = Object.keys(sessionMessages) as (keyof typeof sessionMessages)[]
    const senders = names.map((name) => [
      name,
      channel.addMessage<{ key: Buffer }>({
        encoding: sessionMessages[name] as typeof sessionMessages.recognise,
        onmessage: ({ key }) => void (name === 'recognise' && this.heard.push(key)),
      }),
    ])
    const send = Object.fromEntries(senders) as SessionSenders
    channel.open()
    send.rooms.send({ tags: [] })
    send.recognise.send({ key: this.key })
    stream.write(Buffer.from([1, UNKNOWN, 1, 2, 3]))
    this.said++
    const alive = setInterval(() => send.ping.send({}), 1_000)
    stream.on('close', () => clearInterval(alive))
  }
}
