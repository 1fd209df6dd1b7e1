/** The sockets of `bluetooth-hci-socket`, of either family. */

export interface HciSocket {
  write(packet: Buffer): void
  on(event: 'error', listener: (error: unknown) => void): unknown
  bindRaw(device?: number): unknown
  bindUser(device?: number): unknown
  isDevUp(): boolean
  getDeviceList(): { readonly devId: number }[]
}

/**
 * One more socket to the same adapter, which passes commands on as they are. In place of a command to connect the
 * native part would have the kernel connect, which shows the adapter's own address instead of the random one, and
 * holds up this process until the other device answers. It does so for sockets bound to the raw channel; one that
 * was to be bound anew, which fails, is none to it any more, and is to the kernel.
 */
export function openDirect(like: HciSocket, device: number | null | undefined): HciSocket {
  const Same = like.constructor as new () => HciSocket
  const socket = new Same()
  // What fails here fails for the other sockets too, and is told there.
  socket.on('error', () => {})
  socket.bindRaw(device ?? undefined)
  try {
    socket.bindUser(device ?? undefined)
  } catch {
    // As meant.
  }
  return socket
}
