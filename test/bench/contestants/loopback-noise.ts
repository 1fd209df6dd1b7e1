import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import NoiseSecretStream from '@hyperswarm/secret-stream'

/** Accepts Noise streams on a free port of loopback, or of another own address; gives the port. */
export function listen(
  onstream: (stream: NoiseSecretStream) => void,
  address = '127.0.0.1',
): Promise<number> {
  const server = createServer((socket) => onstream(upgrade(socket, false)))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, () => resolve((server.address() as AddressInfo).port))
  })
}

/** A Noise stream to a port of loopback, or of another address, its handshake done. */
export async function dial(port: number, address = '127.0.0.1'): Promise<NoiseSecretStream> {
  const stream = upgrade(connect(port, address), true)
  if (!(await stream.opened)) throw new Error(`nobody answered on port ${port}`)
  return stream
}

function upgrade(socket: Socket, initiator: boolean): NoiseSecretStream {
  socket.setNoDelay(true)
  const stream = new NoiseSecretStream(initiator, socket)
  // A cut link is part of the benchmark.
  stream.on('error', () => {})
  return stream
}
