export { DhtTransport } from './dht-transport.ts'
export type { DhtTransportOptions } from './dht-transport.ts'
export { parseBootstrap } from './bootstrap.ts'
