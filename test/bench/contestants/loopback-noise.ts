import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import NoiseSecretStream from '@hyperswarm/secret-stream'

/** Accepts Noise streams on a free port of loopback; gives the port. */
export function listen(onstream: (stream: NoiseSecretStream) => void): Promise<number> {
  const server = createServer((socket) => onstream(upgrade(socket, false)))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** A Noise stream to a port of loopback, its handshake done. */
export async function dial(port: number): Promise<NoiseSecretStream> {
  const stream = upgrade(connect(port, '127.0.0.1'), true)
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
