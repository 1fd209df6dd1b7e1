/** A DHT for labs: one node on each of the addresses given, at the port that is the first argument. */
import HyperDHT from 'hyperdht'

const [port, ...hosts] = process.argv.slice(2)
const bootstrap: string[] = []
const nodes: HyperDHT[] = []
for (const host of hosts) {
  const options = { ephemeral: false, firewalled: false, anyPort: false, port: Number(port), host }
  const node = new HyperDHT({ ...options, bootstrap: [...bootstrap] })
  await node.fullyBootstrapped()
  nodes.push(node)
  if (bootstrap.length < 3) bootstrap.push(`${host}:${port}`)
}
process.stdout.write(`${nodes.length} nodes\n`)
process.on('SIGTERM', () => process.exit(0))
