import type { FamilyName } from '../transports/ble/index.ts'

/** One key of config.json: what it may be, and what it says to people. */
export interface ConfigKey {
  readonly key: string
  readonly type: 'string' | 'boolean' | 'integer'
  readonly minimum?: number
  readonly maximum?: number
  /** The texts that are allowed, where there are but some. */
  readonly oneOf?: readonly string[]
  /** As JSON; absent when the default is worked out. */
  readonly otherwise?: string
  readonly says: string
}

/** Every key of config.json. Options of `porchlight start` go before them. */
export const CONFIG_KEYS = [
  {
    key: 'name',
    type: 'string',
    minimum: 1,
    maximum: 64,
    says: 'your nickname, set anew at every start',
  },
  {
    key: 'port',
    type: 'integer',
    minimum: 0,
    maximum: 65_535,
    otherwise: '4747',
    says: 'the port of the page and the local API on 127.0.0.1; 0 takes any free one',
  },
  {
    key: 'lan',
    type: 'boolean',
    otherwise: 'true',
    says: 'whether to look for people on the local network',
  },
  {
    key: 'lanPort',
    type: 'integer',
    minimum: 0,
    maximum: 65_535,
    otherwise: '0',
    says: 'the TCP port for peers on the local network, to open in a firewall; 0 takes any free one',
  },
  {
    key: 'lanBeaconPort',
    type: 'integer',
    minimum: 1,
    maximum: 65_535,
    otherwise: '47470',
    says: 'the UDP port on which devices look for each other; the same on all of them',
  },
  {
    key: 'lanLoopback',
    type: 'boolean',
    otherwise: 'false',
    says: 'whether to stay on this computer: to try things out with several nodes on it',
  },
  {
    key: 'ble',
    type: 'boolean',
    otherwise: 'true',
    says: 'whether to look for people by Bluetooth; not by itself where lanLoopback is set',
  },
  {
    key: 'bleAdapter',
    type: 'integer',
    minimum: 0,
    maximum: 63,
    otherwise: '0',
    says: 'the number of the Bluetooth adapter to use: 1 for hci1',
  },
  {
    key: 'bleDriver',
    type: 'string',
    oneOf: ['stoprocent', 'abandonware'],
    otherwise: '"stoprocent"',
    says: 'the packages that drive it: stoprocent, or abandonware (one link at a time, built here)',
  },
  {
    key: 'dht',
    type: 'boolean',
    otherwise: 'true',
    says: 'whether to meet members over the internet; not by itself where lanLoopback is set',
  },
  {
    key: 'dhtBootstrap',
    type: 'string',
    minimum: 3,
    maximum: 2_048,
    says: 'nodes of another DHT than the public one, as HOST:PORT, separated by commas',
  },
  {
    key: 'dhtPort',
    type: 'integer',
    minimum: 1,
    maximum: 65_530,
    otherwise: '49737',
    says: 'the UDP port for the internet; where it is taken, one of the five that follow',
  },
  {
    key: 'dhtRate',
    type: 'integer',
    minimum: 0,
    maximum: 10_000_000_000,
    otherwise: '0',
    says: 'bytes a second each way that links over the internet may take; 0 is no limit',
  },
  {
    key: 'metered',
    type: 'boolean',
    otherwise: 'false',
    says: 'whether each byte over the internet costs: this node looks seldom, is not found itself, and passes nothing of others on over the internet',
  },
  {
    key: 'neighbourhood',
    type: 'boolean',
    says: 'whether this node keeps rooms for others, unread, and relays for them; as it was set last when absent',
  },
  {
    key: 'mirrorQuota',
    type: 'integer',
    minimum: 1_048_576,
    maximum: Number.MAX_SAFE_INTEGER,
    says: 'the most bytes that others may store here; as it was set last when absent',
  },
  {
    key: 'autoLock',
    type: 'integer',
    minimum: 0,
    maximum: 10_080,
    otherwise: '0',
    says: 'minutes without use after which the node locks itself, where there is a passphrase; 0 never',
  },
  {
    key: 'logLevel',
    type: 'string',
    says: 'debug, info, warn, error or silent; LOG_LEVEL goes before it',
  },
] as const satisfies readonly ConfigKey[]

/** What config.json may say, each key optional. */
export interface Config {
  readonly name?: string
  readonly port?: number
  readonly lan?: boolean
  readonly lanPort?: number
  readonly lanBeaconPort?: number
  readonly lanLoopback?: boolean
  readonly ble?: boolean
  readonly bleAdapter?: number
  readonly bleDriver?: FamilyName
  readonly dht?: boolean
  readonly dhtBootstrap?: string
  readonly dhtPort?: number
  readonly dhtRate?: number
  readonly metered?: boolean
  readonly neighbourhood?: boolean
  readonly mirrorQuota?: number
  readonly autoLock?: number
  readonly logLevel?: string
}

/** The keys as a person reads them in `porchlight start -h`. */
export function describeConfig(): string {
  return CONFIG_KEYS.map((key: ConfigKey) => {
    const otherwise = key.otherwise === undefined ? '' : ` (default ${key.otherwise})`
    return `  ${key.key.padEnd(15)}${key.type.padEnd(9)}${key.says}${otherwise}`
  }).join('\n')
}
