/** A reliable link over one GATT channel. */
export { openGattLink } from './gatt-link.ts'
export type { GattLink, GattLinkOptions } from './gatt-link.ts'
export type { LinkFigures } from './session.ts'
