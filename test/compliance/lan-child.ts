/**
 * A device for the tests on network namespaces: one LanTransport whose options are the first
 * argument, in JSON. Tells what happens in lines of JSON, seeks at SIGUSR2, stops at SIGTERM.
 */
import { createHash } from 'node:crypto'
import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { LanTransport } from '../../transports/lan/index.ts'

interface ChildOptions {
  /** What the topic is made from. */
  readonly topic: string
  readonly port?: number
  readonly mdns?: boolean
  readonly beacon?: boolean
  readonly known?: readonly string[]
}

const { topic, known = [], ...options } = JSON.parse(process.argv[2] ?? '{}') as ChildOptions
const began = performance.now()

function tell(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const ms = Math.round(performance.now() - began)
  process.stdout.write(`${JSON.stringify({ event, ...fields, ms })}\n`)
}

const lan = new LanTransport({
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
  ...options,
})
lan.on('status', ({ state }) => tell('status', { state }))
lan.on('link', ({ stream, address }) => {
  tell('link', { address })
  stream.on('error', () => {})
  stream.on('close', () => tell('close', { address }))
  stream.resume()
})

// The transport's own timers keep no process alive.
const alive = setInterval(() => {
  const { user, system } = process.cpuUsage()
  tell('cpu', { us: user + system })
}, 1_000)
process.on('SIGUSR2', () => lan.seek())
process.on('SIGTERM', () => {
  clearInterval(alive)
  void lan.stop().then(() => tell('stopped'))
})
lan.join(createHash('sha256').update(topic).digest())
lan.remember(known)
void lan.start().then(() => tell('ready', { addresses: lan.addresses() }))
