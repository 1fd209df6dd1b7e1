/**
 * A device for labs that has hyperswarm and nothing of ours, told of and told to like dht-child.ts. On each connection
 * it says something several times a second, and tells when it hears something at first or after a silence: one that
 * outlives an outage counts too.
 */
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import HyperDHT from 'hyperdht'
import type { DhtConnection } from 'hyperdht'
import Hyperswarm from 'hyperswarm'

interface ChildOptions {
  readonly bootstrap: readonly string[]
  readonly topic: string
  /** Keys of relays, in hexadecimal. */
  readonly relays?: readonly string[]
}

const SAY_MS = 200
const SILENCE_MS = 2_000
const { bootstrap, topic, relays = [] } = JSON.parse(process.argv[2] ?? '{}') as ChildOptions
const connections = new Set<DhtConnection>()
let swarm: Hyperswarm | null = null

function tell(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields, at: Date.now() })}\n`)
}

for (const mishap of ['unhandledRejection', 'uncaughtException']) {
  process.on(mishap, (error: Error) => tell('mishap', { message: error.stack }))
}

async function start(): Promise<void> {
  tell('status', { state: 'starting' })
  const [relay] = relays.map((key) => Buffer.from(key, 'hex'))
  const dht = new HyperDHT({ bootstrap: [...bootstrap] })
  const made = new Hyperswarm({
    dht,
    keyPair: HyperDHT.keyPair(),
    ...(relay && { relayThrough: (force: boolean) => (force ? relay : null) }),
  })
  swarm = made
  made.on('connection', (connection: DhtConnection) => {
    connections.add(connection)
    connection.on('error', () => {})
    connection.on('close', () => connections.delete(connection))
    let heardAt = -Infinity
    connection.on('data', () => {
      const now = performance.now()
      if (now - heardAt > SILENCE_MS) tell('hello', { address: connection.rawStream?.remoteHost })
      heardAt = now
    })
    connection.write(Buffer.from('hello'))
  })
  const session = made.join(createHash('sha256').update(topic).digest(), {
    client: true,
    server: true,
  })
  await session.flushed()
  tell('status', { state: 'on' })
}

async function stop(): Promise<void> {
  await swarm?.destroy({ force: true })
  swarm = null
}

const saying = setInterval(() => {
  for (const connection of connections) connection.write(Buffer.from('.'))
}, SAY_MS)

process.on('SIGTERM', () => {
  void stop().finally(() => {
    clearInterval(saying)
    process.exit(0)
  })
})
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'restart') void stop().then(start)
})
void start()
