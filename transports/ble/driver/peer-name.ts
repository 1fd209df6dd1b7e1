/** How a device that was heard is named: its address and of what kind it is, all that it takes to dial it. */
import type { AddressType } from './hci-codec.ts'

const FORM = /^((?:[\da-f]{2}:){5}[\da-f]{2})\/(public|random)$/

/** A device as the controller dials it. */
export interface Peer {
  readonly address: string
  readonly addressType: AddressType
}

export function encodePeer(peer: Peer): string {
  return `${peer.address}/${peer.addressType}`
}

/** Null for what is no such name. */
export function decodePeer(name: string): Peer | null {
  const [, address, addressType] = FORM.exec(name) ?? []
  return address ? { address, addressType: addressType as AddressType } : null
}
