/**
 * A device as a process that can be killed: opens an engine on the directory that is the first argument and
 * does what is asked in lines of JSON on stdin. Answers, acknowledged messages and mishaps are lines on stdout.
 */
import { createInterface } from 'node:readline'
import type { EngineApi } from '../../core/api.ts'
import { systemClock } from '../../core/clock.ts'
import { openEngine } from '../../core/engine.ts'
import { PorchlightError } from '../../core/errors.ts'
import type { AllowanceLimits } from '../../core/room/allowance.ts'
import type { Logger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { Door } from './door.ts'
import { LanTransport } from '../../transports/lan/index.ts'

const PIECE = 64 * 1024

const [dir = '', name = 'Someone', limits = ''] = process.argv.slice(2)

// Pipes are written synchronously: what the parent read was acknowledged before any later kill.
function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function described(error: unknown): { code: string; message: string } {
  const code = error instanceof PorchlightError ? error.code : 'NOT_OURS'
  return { code, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

for (const mishap of ['unhandledRejection', 'uncaughtException']) {
  process.on(mishap, (error: unknown) => tell({ mishap, ...described(error) }))
}

const log =
  (level: string) =>
  (event: string, fields: object = {}): void =>
    tell({ log: event, level, ...fields })
const logger: Logger = {
  debug: () => {},
  info: log('info'),
  warn: log('warn'),
  error: log('error'),
}

const shared = { clock: systemClock, random: systemRandom, logger }
let engine: EngineApi
let flooding = false

const methods: Record<string, (...args: never[]) => unknown> = {
  /** Starts the local network on loopback; the address to dial. */
  async online() {
    const addresses = (): readonly string[] | undefined =>
      engine.transports().find(({ id }) => id === 'lan')?.addresses
    if (addresses()) return addresses()
    const lan = new LanTransport({ ...shared, loopback: true, beacon: false, mdns: false })
    engine.addTransport(lan)
    await engine.switchTransport('lan', true)
    return addresses()
  },
  offline: () => engine.switchTransport('lan', false),
  resume: () => engine.switchTransport('lan', true),
  dial: (address: string) => engine.dial('lan', address),
  /** Sends as fast as messages are acknowledged, `parallel` at a time, until `calm` or the first error. */
  flood(room: string, prefix: string, parallel: number) {
    flooding = true
    let n = 0
    const lane = async (): Promise<void> => {
      while (flooding) {
        const text = `${prefix}-${n++}`
        const { id } = await engine.send(room, text)
        tell({ ack: id, text })
      }
    }
    for (let i = 0; i < parallel; i++) {
      lane().catch((error: unknown) => tell({ refused: described(error) }))
    }
  },
  calm() {
    flooding = false
  },
  /** Links whoever dials the port that this gives, as if from `address`. */
  async door(address: string) {
    const door = new Door(address)
    engine.addTransport(door)
    await engine.switchTransport(door.id, true)
    return door.port
  },
  /** Offers to take one more device in; its code. Nobody answers the question. */
  async pairing() {
    return (await engine.devices.offer({ confirm: true })).code
  },
  /** Offers bytes that come as a stream. */
  sendBytes(room: string, file: string, bytes: number) {
    return engine.files.sendBytes(room, file, pieces(bytes))
  },
  /** Bytes that stay resident once the garbage is gone. */
  memory() {
    globalThis.gc?.()
    return process.memoryUsage().rss
  },
}

async function* pieces(bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; at += PIECE) {
    yield systemRandom.bytes(Math.min(PIECE, bytes - at))
  }
}

/** A method of the engine, or, as `files.send`, of a part of it. */
function called(name: string, args: never[]): unknown {
  const path = name.split('.')
  const method = path.pop()!
  const owner = path.reduce((at, key) => at[key as never], engine as object)
  return (owner[method as never] as (...given: never[]) => unknown).apply(owner, args)
}

async function serve(line: string): Promise<void> {
  const { n, method, args } = JSON.parse(line) as { n: number; method: string; args: never[] }
  try {
    const own = methods[method]
    tell({ n, value: (await (own ? own(...args) : called(method, args))) ?? null })
  } catch (error) {
    tell({ n, error: described(error) })
  }
}

try {
  engine = await openEngine({
    ...shared,
    dir,
    name,
    ...(limits && { limits: JSON.parse(limits) as AllowanceLimits }),
  })
  tell({ opened: engine.deviceId })
  const input = createInterface({ input: process.stdin })
  input.on('line', (line) => void serve(line))
  input.on('close', () => process.exit(0))
} catch (error) {
  tell({ failed: described(error) })
  process.exitCode = 3
}
