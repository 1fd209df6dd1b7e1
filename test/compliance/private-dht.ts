import HyperDHT from 'hyperdht'

const PORT = 49_737

/** A DHT of its own on this computer's loopback, each node on an address of its own. */
export class PrivateDht {
  readonly bootstrap: readonly string[]
  readonly #nodes: readonly HyperDHT[]

  private constructor(nodes: readonly HyperDHT[], bootstrap: readonly string[]) {
    this.#nodes = nodes
    this.bootstrap = bootstrap
  }

  /** `subnet` as `127.77.1`; gives the nodes' addresses as bootstrap. */
  static async start(subnet: string, count = 4): Promise<PrivateDht> {
    const nodes: HyperDHT[] = []
    const bootstrap: string[] = []
    for (let i = 1; i <= count; i++) {
      const host = `${subnet}.${i}`
      const options = { ephemeral: false, firewalled: false, anyPort: false, port: PORT, host }
      const node = new HyperDHT({ ...options, bootstrap: [...bootstrap] })
      await node.fullyBootstrapped()
      nodes.push(node)
      if (bootstrap.length < 3) bootstrap.push(`${host}:${PORT}`)
    }
    return new PrivateDht(nodes, bootstrap)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.destroy({ force: true })))
  }
}
