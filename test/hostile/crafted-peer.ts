/** A peer that says whatever a test wants: raw bytes, frames, or session messages that no engine would send. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import NoiseSecretStream from '@hyperswarm/secret-stream'
import Protomux from 'protomux'
import type { Channel } from 'protomux'
import { sessionMessages, SESSION_PROTOCOL } from '../../core/session/messages.ts'
import type { SessionSenders } from '../../core/session/messages.ts'
import { until } from '../compliance/until.ts'
import { CraftedCircuits } from './crafted-circuits.ts'
import { CraftedFiles } from './crafted-files.ts'

type Name = keyof typeof sessionMessages
type Value<N extends Name> = Parameters<(typeof sessionMessages)[N]['encode']>[1]

/** A socket to a door of a node, before any handshake. */
export async function knock(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

export class CraftedPeer {
  readonly socket: Socket
  readonly stream: NoiseSecretStream
  readonly mux: Protomux
  readonly channel: Channel
  readonly send: SessionSenders
  readonly files: CraftedFiles
  readonly circuits: CraftedCircuits
  /** All that the other side said, in the order of its arrival. */
  readonly heard: { name: Name; value: unknown }[] = []
  /** The same as bytes, frames of protomux. */
  readonly frames: Buffer[] = []
  closed = false

  private constructor(socket: Socket, stream: NoiseSecretStream) {
    this.socket = socket
    this.stream = stream
    stream.on('close', () => (this.closed = true))
    // As it arrives: protomux may decode in place.
    stream.on('data', (data) => this.frames.push(Buffer.from(data as Uint8Array)))
    this.mux = new Protomux(stream)
    this.channel = this.mux.createChannel({ protocol: SESSION_PROTOCOL })!
    const senders = (Object.keys(sessionMessages) as Name[]).map((name) => [
      name,
      this.channel.addMessage({
        encoding: sessionMessages[name] as (typeof sessionMessages)['ping'],
        onmessage: (value) => void this.heard.push({ name, value }),
      }),
    ])
    this.send = Object.fromEntries(senders) as SessionSenders
    this.channel.open()
    this.files = new CraftedFiles(this.mux)
    this.circuits = new CraftedCircuits(this.mux)
    // Whoever is dropped is dropped for what it did, not for its silence.
    const alive = setInterval(() => this.send.ping.send({}), 1_000)
    stream.on('close', () => clearInterval(alive))
  }

  /** Dials a door and finishes the handshake. */
  static async dial(port: number): Promise<CraftedPeer> {
    const socket = await knock(port)
    const stream = new NoiseSecretStream(true, socket)
    stream.on('error', () => {})
    await stream.opened
    return new CraftedPeer(socket, stream)
  }

  /** What was heard under a name. */
  said<N extends Name>(name: N): Value<N>[] {
    return this.heard.filter((one) => one.name === name).map((one) => one.value as Value<N>)
  }

  /** Waits until the other side said so; the first of them. */
  hears<N extends Name>(name: N): Promise<Value<N>> {
    return until(`the message ${name}`, () => this.said(name)[0])
  }

  /** Sends a message of the session by its number, whatever its bytes are. */
  raw(type: number, payload: Uint8Array): void {
    this.stream.write(Buffer.concat([Buffer.from([1, type]), payload]))
  }

  /** The same of the channel for files. */
  rawFiles(type: number, payload: Uint8Array): void {
    this.stream.write(Buffer.concat([Buffer.from([2, type]), payload]))
  }

  /** Opens a channel as protomux would. */
  openChannel(localId: number, protocol: string, id: Buffer | null): void {
    const name = Buffer.from(protocol)
    this.stream.write(
      Buffer.concat([
        Buffer.from([0, 1, 0xfd, localId & 0xff, localId >> 8, name.byteLength]),
        name,
        id ? Buffer.concat([Buffer.from([id.byteLength]), id]) : Buffer.from([0]),
      ]),
    )
  }

  async dropped(): Promise<void> {
    await until('the other side to drop this one', () => this.closed)
  }

  leave(): void {
    this.socket.destroy()
  }
}
