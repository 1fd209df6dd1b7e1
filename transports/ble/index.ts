export { BleTransport } from './ble-transport.ts'
export type { BleTransportOptions } from './ble-transport.ts'
export type { Power } from './duty-policy.ts'
