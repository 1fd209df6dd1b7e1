/** A peer that says whatever a test wants about mirrors, over a real connection of its own. */
import NoiseSecretStream from '@hyperswarm/secret-stream'
import type { Channel } from 'protomux'
import { systemClock } from '../../core/clock.ts'
import { Connection } from '../../core/connection/connection.ts'
import { mirrorMessages, MIRROR_PROTOCOL } from '../../core/mirror/exchange/messages.ts'
import type { MirrorSenders } from '../../core/mirror/exchange/messages.ts'
import { roomTag } from '../../core/session/room-tags.ts'
import type { Link } from '../../core/transport.ts'
import { TOPIC, until } from '../unit/core-mirror-street.ts'
import type { MirrorStreet } from '../unit/core-mirror-street.ts'

type Name = keyof typeof mirrorMessages
type Value<N extends Name> = Parameters<(typeof mirrorMessages)[N]['encode']>[1]

const NO_TAG = Buffer.alloc(16)

export class CraftedMirrors {
  readonly connection: Connection
  readonly channel: Channel
  readonly send: MirrorSenders
  readonly heard: { name: Name; value: unknown }[] = []
  /** What is said to it, as it comes. */
  onmessage: (name: Name, value: unknown) => void = () => {}

  constructor(connection: Connection) {
    this.connection = connection
    connection.trust()
    this.channel = connection.mux.createChannel({ protocol: MIRROR_PROTOCOL })!
    const senders = (Object.keys(mirrorMessages) as Name[]).map((name) => [
      name,
      this.channel.addMessage({
        encoding: mirrorMessages[name] as (typeof mirrorMessages)['ask'],
        onmessage: (value) => {
          this.heard.push({ name, value })
          this.onmessage(name, value)
        },
      }),
    ])
    this.send = Object.fromEntries(senders) as MirrorSenders
    this.channel.open()
    // By which a device of a street says a word each second: without it this end would take it for dead.
    const ping = connection.mux.createChannel({ protocol: 'ping' })!
    ping.addMessage({
      encoding: { preencode: () => {}, encode: () => {}, decode: () => null },
      onmessage: () => {},
    })
    ping.open()
    // Whoever is dropped is dropped for what it did, not for its silence.
    connection.on('tick', () => this.send.gone.send({ tag: NO_TAG }))
  }

  /** One that comes to a street and meets one device there. */
  static async come(
    street: MirrorStreet,
    name: string,
    victim: string,
  ): Promise<{ peer: CraftedMirrors; leave: () => Promise<void> }> {
    const transport = street.network.transport(name)
    let peer: CraftedMirrors | null = null
    transport.on('link', (link: Link) => {
      if (link.address !== `memory:${victim}` || peer) return link.stream.destroy()
      const signal = new AbortController().signal
      Connection.open(link, NoiseSecretStream.keyPair(), { clock: systemClock, signal }).then(
        (connection) => (peer = new CraftedMirrors(connection)),
        () => {},
      )
    })
    transport.join(TOPIC)
    await transport.start()
    const found = await until(`${name} to meet ${victim}`, () => peer ?? undefined)
    return { peer: found, leave: () => transport.stop() }
  }

  get closed(): boolean {
    return this.connection.closed
  }

  /** The tag by which both sides name the mirror of a key. */
  tag(key: Buffer): Buffer {
    return roomTag(key, this.connection.handshakeHash, true)
  }

  /** Shows that it knows a key. */
  show(key: Buffer): void {
    const { handshakeHash, initiator } = this.connection
    this.send.tags.send({ tags: [roomTag(key, handshakeHash, initiator)], more: 0 })
  }

  /** What was heard under a name. */
  said<N extends Name>(name: N): Value<N>[] {
    return this.heard.filter((one) => one.name === name).map((one) => one.value as Value<N>)
  }

  hears<N extends Name>(name: N): Promise<Value<N>> {
    return until(`the message ${name}`, () => this.said(name)[0])
  }

  dropped(): Promise<true> {
    return until('the other side to drop this one', () => this.closed)
  }
}
