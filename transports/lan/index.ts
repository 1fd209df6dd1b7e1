export { LanTransport } from './lan-transport.ts'
export type { LanTransportOptions } from './lan-transport.ts'
export { isLanAddress } from './lan-address.ts'
