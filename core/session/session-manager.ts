import NoiseSecretStream from '@hyperswarm/secret-stream'
import type { KeyPair } from 'hypercore'
import type { PeerView, TransportView } from '../api.ts'
import { Circuits } from '../circuit/circuits.ts'
import { missingDevices } from '../circuit/missing.ts'
import type { Missing } from '../circuit/missing.ts'
import { CIRCUIT } from '../circuit/seeker.ts'
import type { Clock } from '../clock.ts'
import type { Connection } from '../connection/connection.ts'
import { decides } from '../connection/connection-preference.ts'
import { ConnectionRegistry } from '../connection/connection-registry.ts'
import { TransportManager } from '../connection/transport-manager.ts'
import type { Swarm } from '../files/swarm/swarm.ts'
import type { Logger } from '../logger.ts'
import type { MirrorExchange } from '../mirror/exchange/mirror-exchange.ts'
import type { Random } from '../random.ts'
import type { Recognition } from '../recognition/recognition.ts'
import { shownName } from '../room/names.ts'
import type { Room } from '../room/room.ts'
import { canDial } from '../transport.ts'
import type { Meeting } from './meeting.ts'
import { leaveFirst } from './acquaintance-choice.ts'
import { giveWay } from './guest-choice.ts'
import { Session } from './session.ts'

/** Open connections to peers that share no room; over that the oldest of them gives way. */
const MAX_STRANGERS = 128
/** The same for those that know a room and are no members of it: they wait to be let in, or hold an invite and no more. */
const MAX_GUESTS = 64
/** The same for those with a mirror in common, and nodes that offer space. */
const MAX_ACQUAINTANCES = 256
/** A circuit is for members: ms that the other end has to prove that it is one. */
const PROOF_TIME = 15_000
/** Members that links are sought to at most. */
const MAX_MISSING = 2_048

export interface SessionManagerOptions {
  readonly rooms: () => Iterable<Room>
  /** What else two devices can have in common. */
  readonly meetings: () => Iterable<Meeting>
  readonly swarm: Swarm
  readonly mirrors: MirrorExchange
  readonly recognition: Recognition
  /** This device's keys. */
  readonly device: () => KeyPair
  /** Whether this person wants nothing of another. */
  readonly blocked: (person: string) => boolean
  /** Whether this person lets others' circuits through; default yes. */
  readonly relays?: () => boolean
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onpeers: () => void
  readonly ontransports: () => void
}

/** Owns the transports and the sessions that come of them: one preferred session for each peer. */
export class SessionManager {
  readonly transports: TransportManager
  readonly #options: SessionManagerOptions
  readonly #circuits: Circuits
  readonly #registry: ConnectionRegistry<Session>
  #closed = false
  #suspended = false

  constructor(options: SessionManagerOptions) {
    this.#options = options
    const keyPair = NoiseSecretStream.keyPair(options.random.bytes(32))
    this.#registry = new ConnectionRegistry<Session>(keyPair.publicKey)
    this.transports = new TransportManager({
      ...options,
      keyPair,
      onconnection: (connection) => this.#onconnection(connection),
      onstatus: options.ontransports,
    })
    this.#circuits = new Circuits({ ...options, missing: () => this.#missing() })
    this.transports.add(this.#circuits.transport)
  }

  peers(): PeerView[] {
    const views = [...this.#registry.preferred()].map(({ connection, links, node }) => {
      const shared = [...links].filter((link) => link.member)
      const named = shared.map((link) => link.room.nameOf(link.device!)).find(Boolean)
      const name = named ?? (node && node.name !== '' ? shownName(node.name) : undefined)
      const device = shared[0]?.device ?? node?.key.toString('hex')
      return {
        id: device ?? connection.remoteKey.toString('hex').slice(0, 16),
        ...(name !== undefined && { name }),
        transport: connection.transport,
        rooms: shared.filter(({ room }) => !room.personal).map(({ room }) => room.id),
        since: connection.since,
      }
    })
    // A device that is linked by two keys for a moment is one.
    return [...new Map(views.toReversed().map((view) => [view.id, view])).values()].toReversed()
  }

  views(): TransportView[] {
    const counts = new Map<string, number>()
    for (const { connection } of this.#registry.preferred()) {
      counts.set(connection.transport, (counts.get(connection.transport) ?? 0) + 1)
    }
    // What links directly comes first.
    const all = [...this.transports].sort((a, b) => +(a.id === CIRCUIT) - +(b.id === CIRCUIT))
    return all.map((transport) => ({
      id: transport.id,
      ...transport.status,
      peers: counts.get(transport.id) ?? 0,
      addresses: canDial(transport) ? transport.addresses() : [],
    }))
  }

  /** Rooms were joined or left, or meetings began or ended: peers are matched anew. */
  roomsChanged(): void {
    for (const session of this.#registry) session.roomsChanged()
    this.#circuits.changed()
  }

  /** Ends all connections, and refuses new ones until `resume`. */
  suspend(reason: string): void {
    this.#suspended = true
    for (const session of this.#registry) session.connection.close(reason)
  }

  resume(): void {
    if (!this.#suspended) return
    this.#suspended = false
    for (const transport of this.transports) this.transports.seek(transport.id)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#circuits.close()
    await this.transports.close()
    this.suspend('the engine is closed')
  }

  #onconnection(connection: Connection): void {
    const { clock, logger, ontransports } = this.#options
    /** The member's device that the peer is, or was last. */
    let device: string | null = null
    const onpeers = (): void => {
      this.#circuits.changed()
      if (session.device !== null && !connection.closed) {
        device = session.device
        this.#settleDevice(device)
      }
      this.#options.onpeers()
    }
    if (this.#suspended) return connection.close('this device can not store anything')
    const session = new Session({
      ...this.#options,
      circuits: this.#circuits,
      connection,
      onchange: onpeers,
    })
    if (!this.#registry.add(session)) {
      return connection.close('one connection to this peer is enough')
    }
    connection.on('suspect', () => this.transports.seek(connection.transport))
    const proof = clock.after(PROOF_TIME, () => {
      if (connection.standing === 'member' || connection.transport !== CIRCUIT) return
      connection.close('no member is at the end of the circuit')
    })
    connection.once('close', (reason) => {
      proof.cancel()
      logger.debug('connection-closed', { transport: connection.transport, reason })
      this.#registry.remove(session)
      if (!this.#closed) this.#seek(connection, device)
      onpeers()
      ontransports()
    })
    this.#limitStrangers()
    logger.debug('connection', { transport: connection.transport })
    this.#registry.settle(session)
    onpeers()
    ontransports()
  }

  /**
   * The registry knows peers by the keys of their connections. A device that showed another one where it was anonymous is
   * one peer all the same: once it is proven to be, the dearer way gives way.
   */
  #settleDevice(device: string): void {
    if (!decides(this.#options.device().publicKey, Buffer.from(device, 'hex'))) return
    const ways = [...this.#registry].filter((way) => way.device === device && !way.closed)
    const least = Math.min(...ways.filter(({ silent }) => !silent).map(({ cost }) => cost))
    const keys = new Set(ways.map(({ remoteKey }) => remoteKey.toString('hex')))
    if (keys.size > 1) for (const way of ways) if (way.cost > least) way.retire()
  }

  /** Looks for a peer that was lost; one that another connection leads to was not. */
  #seek({ transport: lost, remoteKey, standing }: Connection, device: string | null): void {
    if (this.#registry.has(remoteKey)) return
    if (device !== null && [...this.#registry].some((other) => other.device === device)) return
    this.transports.seek(lost)
    if (standing !== 'member') return
    // What another transport reached may be nearer than that one knew.
    for (const { id, scope } of this.transports) {
      if (scope === 'nearby' && id !== lost) this.transports.seek(id)
    }
  }

  /** Members' devices that no connection leads to. */
  #missing(): Missing[] {
    const linked = new Set<string>()
    for (const { links, closed } of this.#registry) {
      for (const link of closed ? [] : links) if (link.member) linked.add(link.device!)
    }
    const rooms = [...this.#options.rooms()].map(({ membership, control }) => ({
      joined: membership.joined,
      devices: control.state.devices,
    }))
    const own = this.#options.device().publicKey.toString('hex')
    return missingDevices({ rooms, linked, own, blocked: this.#options.blocked }, MAX_MISSING)
  }

  /** A flood of strangers must not keep a member out: the registry keeps the order of arrival. */
  #limitStrangers(): void {
    const sessions = [...this.#registry]
    const strangers = sessions.filter((session) => session.stranger)
    const guests = sessions.filter((session) => session.guest)
    for (const session of strangers.slice(0, Math.max(0, strangers.length - MAX_STRANGERS))) {
      session.connection.close('too many strangers')
    }
    const acquaintances = sessions.flatMap(({ acquaintance, connection }) =>
      acquaintance ? { ...acquaintance, connection } : [],
    )
    for (const { connection } of leaveFirst(acquaintances, MAX_ACQUAINTANCES)) {
      connection.close('too many that hold mirrors or bring them')
    }
    for (const session of giveWay(guests, MAX_GUESTS)) {
      session.connection.close('too many that are no members')
    }
  }
}
