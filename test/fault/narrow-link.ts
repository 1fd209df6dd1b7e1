/** A way to a node on which a test says how much comes from it. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** Lets so many bytes come from a node, over all who dial, and then none: nobody gets more, however slow a test is. */
export class NarrowLink {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #left: number

  private constructor(target: string, bytes: number) {
    this.#left = bytes
    const { hostname, port } = new URL(`tcp://${target}`)
    this.#server = createServer((near) => {
      this.#join(near, connect(Number(port), hostname.replaceAll(/[[\]]/g, '')))
    })
  }

  static async to(target: string, bytes: number): Promise<NarrowLink> {
    const link = new NarrowLink(target, bytes)
    link.#server.listen(0, '127.0.0.1')
    await once(link.#server, 'listening')
    return link
  }

  /** The address to dial. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(near: Socket, far: Socket): void {
    const pair = [near, far]
    for (const socket of pair) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#sockets.delete(socket)
        for (const other of pair) other.destroy()
      })
    }
    near.pipe(far)
    far.on('data', (data) => {
      const some = data.subarray(0, this.#left)
      this.#left -= some.byteLength
      near.write(some)
      if (this.#left === 0) far.pause()
    })
  }
}
