/**
 * The child process that runs noble and bleno: `child.js FAMILY MTU [reset]`. It talks with its parent over descriptor 3 and
 * ends with it. A process of its own, as the native part may block or crash.
 */
import { Socket } from 'node:net'
import { every, systemClock } from '../../../core/clock.ts'
import { Adapter } from './adapter.ts'
import { LIMITS, loadFamily } from './family.ts'
import type { Family, FamilyName } from './family.ts'
import { OPCODE } from './hci-codec.ts'
import { HciHost } from './hci-host.ts'
import { CAME_BACK, MessageReader, encodeMessage } from './ipc-codec.ts'
import type { Message, Trouble } from './ipc-codec.ts'
import { troubleOf, troubleOfSocket, troubleOfState } from './trouble.ts'

const START_MS = 15_000
const GOODBYE_MS = 1_500
const LOOK_MS = 1_000
/** An adapter that is off for so long may have been pulled out, after which the socket to it is good for nothing. */
const OFF_MS = 120_000
/** Bytes for a parent that does not read. */
const MOST_UNREAD = 512 * 1024

const clock = systemClock
const name = process.argv[2] as FamilyName
const mtu = Number(process.argv[3])
const reset = process.argv[4] === 'reset'
const pipe = new Socket({ fd: 3, readable: true, writable: true })
const reader = new MessageReader()
const host = new HciHost({ clock, mostIncoming: LIMITS[name].accepted })
const early: Message[] = []
let adapter: Adapter | null = null
const late = clock.after(START_MS, () => giveUp('stuck'))
/** The adapter is switched off, so that it does not answer either. */
let off = false
let stopping = false
let givenUp = false

process.on('uncaughtException', () => leave(1))
// Of a terminal or a service manager, to all processes: the parent says when it is over.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// abandonware's noble rejects when a link ends with packets in its queue; nothing is lost by it.
process.on('unhandledRejection', () => {})
// A parent that crashed says nothing: else the controller would go on advertising its last identifier for hours.
for (const event of ['error', 'close', 'end']) pipe.on(event, () => void stop())
pipe.on('data', (chunk: Buffer) => {
  const messages = reader.push(chunk)
  if (messages === null) leave(1)
  for (const message of messages) handle(message)
})

/** Past what noble and bleno do at an exit, which throws when they have not begun. */
function leave(code: number): never {
  process.removeAllListeners('exit')
  process.exit(code)
}

function tell(message: Message): void {
  if (pipe.writable) pipe.write(encodeMessage(message))
}

/** Tells why there is no Bluetooth, and ends. */
function giveUp(trouble: Trouble): void {
  if (givenUp) return
  givenUp = true
  // What an adapter that hangs still does is not known: the next child begins with a reset.
  const code = trouble === 'stuck' ? 1 : 0
  pipe.end(encodeMessage({ kind: 'trouble', trouble }), () => leave(code))
}

function handle(message: Message): void {
  if (message.kind === 'ping') tell({ kind: 'pong', count: message.count })
  else if (message.kind === 'stop') void stop()
  else if (adapter) adapter.handle(message)
  else if (early.length < 64) early.push(message)
}

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  clock.after(GOODBYE_MS, () => leave(0))
  // An adapter that does not answer is left as it is.
  await adapter?.close().catch(() => {})
  const done = (): void => {
    if (host.links.size === 0) leave(0)
  }
  host.on('disconnected', done)
  done()
}

/** Resolves with the first `poweredOn`; the states that follow are those of an adapter that goes away. */
function poweredOn(
  family: Family,
  start: (onstate: (state: string) => void) => void,
): Promise<void> {
  return new Promise((resolve) => {
    start((state) => {
      if (state === 'poweredOn') {
        if (off) leave(CAME_BACK)
        resolve()
        return
      }
      const trouble = troubleOfState(state, family.adapters())
      if (trouble === 'off') awaitPower()
      else if (trouble) giveUp(trouble)
    })
  })
}

/** Off is no failure, however long. Neither library starts anew on an adapter that it found switched off. */
function awaitPower(): void {
  tell({ kind: 'trouble', trouble: 'off' })
  late.cancel()
  if (off) return
  off = true
  every(clock, LOOK_MS, () => {
    if (host.up) leave(CAME_BACK)
  })
  clock.after(OFF_MS, () => leave(0))
}

function load(): Family | null {
  try {
    return loadFamily(name, host, mtu)
  } catch (error) {
    giveUp(troubleOf(error, name))
    return null
  }
}

async function run(): Promise<void> {
  const family = load()
  if (!family) return
  host.on('silent', () => {
    if (!off) giveUp('stuck')
  })
  host.mayReset = reset
  host.on('socketError', (error) => {
    const trouble = troubleOfSocket(error)
    if (trouble) giveUp(trouble)
  })
  await poweredOn(family, (onstate) => family.startCentral(onstate))
  if (reset) await host.command(OPCODE.reset)
  await poweredOn(family, (onstate) => family.startPeripheral(onstate))
  const keepsUp = (): boolean => pipe.writableLength < MOST_UNREAD
  const one = new Adapter({ host, family, clock, tell, keepsUp, onstuck: () => giveUp('stuck') })
  const first = early.find((message) => message.kind === 'identify')
  const address = first?.address ?? ''
  if (!(await one.begin(address))) {
    host.mayReset = true
    await host.command(OPCODE.reset)
    if (!(await one.begin(address))) return giveUp('unsupported')
  }
  late.cancel()
  // noble and bleno end the process on SIGINT when they listened last.
  process.on('SIGINT', () => {})
  adapter = one
  tell({ kind: 'on', abilities: one.abilities })
  for (const message of early.splice(0)) one.handle(message)
}

try {
  await run()
} catch (error) {
  giveUp(troubleOf(error, name))
}
