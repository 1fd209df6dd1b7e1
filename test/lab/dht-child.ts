/**
 * A device for labs: one DhtTransport whose options are the first argument, in JSON. Says hello on each link and
 * tells what happens in lines of JSON; does what lines on stdin ask.
 */
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { systemClock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { DhtTransport } from '../../transports/dht/index.ts'

interface ChildOptions {
  readonly bootstrap: readonly string[]
  /** What the topic is made from; none is joined without it. */
  readonly topic?: string
  readonly announce?: boolean
  readonly offersRelay?: boolean
  /** Keys of relays, in hexadecimal. */
  readonly relays?: readonly string[]
  readonly metered?: boolean
  readonly bandwidth?: number
  readonly debug?: boolean
  readonly host?: string
}

const { topic, announce, offersRelay, relays, debug, ...options } = JSON.parse(
  process.argv[2] ?? '{}',
) as ChildOptions

function tell(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields, at: Date.now() })}\n`)
}

const log =
  (level: string) =>
  (event: string, fields: object = {}): void => {
    if (debug) tell('log', { level, event, ...fields })
  }
const logger: Logger = {
  debug: log('debug'),
  info: log('info'),
  warn: log('warn'),
  error: log('error'),
}
for (const mishap of ['unhandledRejection', 'uncaughtException']) {
  process.on(mishap, (error: Error) => tell('mishap', { message: error.stack }))
}

const dht = new DhtTransport({ clock: systemClock, random: systemRandom, logger, ...options })
dht.on('status', ({ state, reason }) => tell('status', { state, reason }))
dht.on('link', ({ stream, address, initiator }) => {
  tell('link', { address, initiator })
  stream.on('error', () => {})
  stream.on('close', () => tell('close', { address }))
  // A link counts once bytes came through it.
  stream.once('data', () => tell('hello', { address, initiator }))
  stream.on('data', () => {})
  stream.write(Buffer.from('hello'))
  watchRemote(stream as { remote?: string | null })
})

/** Tells when a link goes another way than before: it may begin through a relay and find a direct one. */
function watchRemote(stream: { remote?: string | null }): void {
  let last: string | null = null
  const looking = setInterval(() => {
    const { remote = null } = stream
    if (remote === null) return clearInterval(looking)
    if (remote !== last) tell('way', { address: remote })
    last = remote
  }, 50)
  looking.unref()
}

// The transport's own timers keep no process alive.
const alive = setInterval(() => {
  const { user, system } = process.cpuUsage()
  tell('cpu', { us: user + system, load: dht.load, most })
}, 1_000)

const most = dht.load
setInterval(() => {
  for (const [of, count] of Object.entries(dht.load) as [keyof typeof most, number][]) {
    most[of] = Math.max(most[of], count)
  }
}, 20).unref()

async function stop(): Promise<void> {
  const from = performance.now()
  await dht.stop()
  clearInterval(alive)
  tell('stopped', { ms: performance.now() - from })
  // From here on nothing that a stopped transport leaves behind may keep the process alive.
  process.stdin.destroy()
}
process.on('SIGTERM', () => void stop())
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'seek') dht.seek()
  // Both are asked for at once, so that they come before what is asked later.
  if (line === 'restart') void Promise.all([dht.stop(), dht.start()])
})

if (offersRelay) dht.offerRelay(true)
if (relays) dht.useRelays(relays.map((key) => Buffer.from(key, 'hex')))
if (topic !== undefined) {
  const bytes = createHash('sha256').update(topic).digest()
  dht.join(bytes, announce === undefined ? {} : { announce })
}
void dht.start().then(() => tell('ready', { relay: dht.relayKey?.toString('hex') }))
