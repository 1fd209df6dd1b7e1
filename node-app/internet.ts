/** What the command line and config.json say of the internet, as a transport. */
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import { DhtTransport, parseBootstrap } from '../transports/dht/index.ts'
import type { Config } from './config-keys.ts'
import { relaySeed } from './relay-seed.ts'

/** Options of `porchlight start` that go before config.json. */
export interface InternetFlags {
  readonly dht?: boolean
  readonly dhtBootstrap?: string
}

export interface Internet {
  readonly transport: DhtTransport
  readonly on: boolean
}

/** Errors: BAD_ADDRESS for nodes that are no HOST:PORT; BAD_CONFIG where the data directory can not be written. */
export async function internet(
  dir: string,
  flags: InternetFlags,
  config: Config,
  shared: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): Promise<Internet> {
  const nodes = flags.dhtBootstrap ?? config.dhtBootstrap
  const transport = new DhtTransport({
    ...shared,
    relaySeed: await relaySeed(dir, shared.random),
    ...(nodes === undefined ? {} : { bootstrap: parseBootstrap(nodes) }),
    ...(config.dhtPort === undefined ? {} : { port: config.dhtPort }),
    ...(config.dhtRate === undefined ? {} : { bandwidth: config.dhtRate }),
    ...(config.metered === undefined ? {} : { metered: config.metered }),
  })
  return { transport, on: wanted(flags, config) }
}

/** On for persons; a node that was told to stay on this computer stays there unless it is told of nodes too. */
function wanted(flags: InternetFlags, config: Config): boolean {
  const said = flags.dht ?? config.dht
  if (said !== undefined) return said
  const named = (flags.dhtBootstrap ?? config.dhtBootstrap) !== undefined
  return named || config.lanLoopback !== true
}
