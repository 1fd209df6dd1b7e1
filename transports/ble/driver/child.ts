/**
 * The child process that runs noble and bleno: `child.js FAMILY MTU [reset]`. It talks with its parent over descriptor 3 and
 * ends with it. A process of its own, as the native part may block or crash.
 */
import { Socket } from 'node:net'
import { every, systemClock } from '../../../core/clock.ts'
import type { Timer } from '../../../core/clock.ts'
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
/** Bytes for a parent that does not read. */
const MOST_UNREAD = 512 * 1024

const clock = systemClock
const name = process.argv[2] as FamilyName
const mtu = Number(process.argv[3])
const reset = process.argv[4] === 'reset'
const pipe = new Socket({ fd: 3, readable: true, writable: true })
const reader = new MessageReader()
const host = new HciHost({ clock, mostIncoming: LIMITS[name].incoming })
const early: Message[] = []
let adapter: Adapter | null = null
let stopping = false
let givenUp = false
let late: Timer | null = null
let looking = false

process.on('uncaughtException', () => process.exit(1))
// abandonware's noble rejects when a link ends with packets in its queue; nothing is lost by it.
process.on('unhandledRejection', () => {})
pipe.on('error', () => process.exit(0))
pipe.on('close', () => process.exit(0))
pipe.on('end', () => process.exit(0))
pipe.on('data', (chunk: Buffer) => {
  const messages = reader.push(chunk)
  if (messages === null) process.exit(1)
  for (const message of messages) handle(message)
})

function tell(message: Message): void {
  pipe.write(encodeMessage(message))
}

/** Tells why there is no Bluetooth, and ends. */
function giveUp(trouble: Trouble): void {
  if (givenUp) return
  givenUp = true
  pipe.end(encodeMessage({ kind: 'trouble', trouble }), () => process.exit(0))
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
  clock.after(GOODBYE_MS, () => process.exit(0))
  await adapter?.close()
  const done = (): void => {
    if (host.links.size === 0) process.exit(0)
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
        if (looking) process.exit(CAME_BACK)
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
  late?.cancel()
  if (looking) return
  looking = true
  every(clock, LOOK_MS, () => {
    if (host.up) process.exit(CAME_BACK)
  })
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
  late = clock.after(START_MS, () => giveUp('stuck'))
  host.on('silent', () => giveUp('stuck'))
  host.mayReset = reset
  host.on('error', (error) => {
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
  adapter = one
  const { dialled, links } = family
  tell({ kind: 'on', bothRoles: one.bothRoles, dialled, links, rotatesAddress: one.random })
  for (const message of early.splice(0)) one.handle(message)
}

try {
  await run()
} catch (error) {
  giveUp(troubleOf(error, name))
}
