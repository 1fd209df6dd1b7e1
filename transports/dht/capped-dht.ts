/** hyperdht with bounds that it has none of itself, as a DHT's strangers are many and their keys are free. */
import HyperDHT from 'hyperdht'
import type {
  ConnectOptions,
  DhtConnection,
  DhtOptions,
  HandshakePayload,
  NodeAddress,
  Server,
  ServerHandshake,
  ServerOptions,
} from 'hyperdht'
import type { Clock } from '../../core/clock.ts'
import { Budget } from '../budget.ts'
import type { Cooldown } from './cooldown.ts'
import { ForcedDials } from './forced-dials.ts'
import { HandshakeGate } from './handshake-gate.ts'
import { createShortFrames } from './short-frames.ts'

/** Dials under way: those of the swarm, and those to relays. */
export const MAX_DIALS = 24
/** Handshakes that are looked into, whoever begins them: each costs about a millisecond. */
const HANDSHAKES_AT_ONCE = 128
const HANDSHAKES_PER_SECOND = 64
/** What an unfinished handshake may take; hyperdht itself would keep it for 20 s. */
const UNFINISHED_MS = 8_000
const LOOK_MS = 100

export interface CappedDhtOptions extends DhtOptions {
  readonly clock: Clock
  readonly cooldown: Cooldown
}

export class CappedDht extends HyperDHT {
  /** Handshakes that others began and that are not finished. */
  readonly gate = new HandshakeGate()
  readonly #clock: Clock
  readonly #cooldown: Cooldown
  readonly #forced: ForcedDials
  /** By the address that hyperdht takes for the client's, as it stands in the packet: where it came from. */
  readonly #origins = new WeakMap<NodeAddress, string>()
  readonly #handshakes: Budget
  #dials = 0
  #dialled = 0

  constructor({ clock, cooldown, ...options }: CappedDhtOptions) {
    super(options)
    this.#clock = clock
    this.#cooldown = cooldown
    const now = clock.monotonic()
    this.#forced = new ForcedDials(now)
    this.#handshakes = new Budget(HANDSHAKES_AT_ONCE, HANDSHAKES_PER_SECOND, now)
  }

  /** Dials under way. */
  get dials(): number {
    return this.#dials
  }

  /** Dials begun so far. */
  get dialled(): number {
    return this.#dialled
  }

  override connect(key: Buffer, options: ConnectOptions = {}): DhtConnection {
    const connection = super.connect(key, { ...options, createSecretStream: createShortFrames })
    this.#dials++
    this.#dialled++
    let under = true
    const ended = (): void => {
      if (under) this.#dials--
      under = false
    }
    connection.once('open', ended)
    connection.once('close', ended)
    const refused = this.#dials > MAX_DIALS || this.#cooldown.has(key, this.#clock.monotonic())
    if (refused) connection.destroy()
    return connection
  }

  override createServer(
    options: ServerOptions,
    onconnection?: (connection: DhtConnection) => void,
  ): Server {
    const server = super.createServer(
      {
        ...options,
        createSecretStream: createShortFrames,
        firewall: (key, payload, address) =>
          this.#refuses(key, payload, address) ||
          (options.firewall?.(key, payload, address) ?? false),
      },
      onconnection,
    )
    const take = server._onpeerhandshake.bind(server)
    server._onpeerhandshake = (message, request) => {
      const key = message.noise.toString('hex')
      // The same one comes by several ways; it is answered each time.
      if (server._connects.has(key)) return take(message, request)
      const origin = originOf(server, message.peerAddress, request.from)
      if (!this.#admit(server, key, origin)) return Promise.resolve(null)
      this.#origins.set(message.peerAddress ?? request.from, origin)
      const taken = take(message, request)
      this.#follow(server, key)
      return taken
    }
    return server
  }

  #refuses(key: Buffer, payload: HandshakePayload, address: NodeAddress): boolean {
    const now = this.#clock.monotonic()
    const origin = this.#origins.get(address) ?? address.host
    if (payload.relayThrough && !this.#forced.take(origin, now)) payload.relayThrough = null
    return this.#cooldown.has(key, now)
  }

  #admit(server: Server, key: string, address: string): boolean {
    const { admitted, victim } = this.gate.enter(key, address)
    if (victim !== undefined) void drop(server, victim)
    if (!admitted) return false
    if (this.#handshakes.take(1, this.#clock.monotonic())) return true
    this.gate.leave(key)
    return false
  }

  /** Frees the place once the client said something on its connection; ends what takes too long. */
  #follow(server: Server, key: string): void {
    const began = this.#clock.monotonic()
    const look = async (): Promise<void> => {
      const handshake = await server._connects.get(key)?.catch(() => null)
      const connection = handshake?.encryptedSocket ?? null
      const late = this.#clock.monotonic() - began > UNFINISHED_MS
      const over = connection === null ? !server._connects.has(key) : connection.heard
      if (over || connection?.destroyed === true || this.destroyed || late) {
        this.gate.leave(key)
        if (late && !over) await drop(server, key)
        return
      }
      this.#clock.after(LOOK_MS, () => void look())
    }
    void look()
  }
}

/** What counts as the client's address: what one of our own relays says it is, else whoever sent the packet. */
function originOf(server: Server, client: NodeAddress | null, sender: NodeAddress): string {
  return client !== null && server._announcer?.isRelay(sender) === true ? client.host : sender.host
}

async function drop(server: Server, key: string): Promise<void> {
  const handshake: ServerHandshake | null | undefined = await server._connects
    .get(key)
    ?.catch(() => null)
  if (!handshake || handshake.encryptedSocket?.heard === true) return
  handshake.encryptedSocket?.destroy()
  handshake.puncher?.destroy()
  handshake.rawStream?.destroy()
  server._clear(handshake, server._holepunches.indexOf(handshake), key)
}
