/** The child process as its parent sees it: messages to and fro, and its end. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { dirname, join, sep } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { FamilyName } from './family.ts'
import { MessageReader, encodeMessage } from './ipc-codec.ts'
import type { Message } from './ipc-codec.ts'

export interface ChildPortEvents {
  message: [message: Message]
  /** Once, and nothing after it: it ended by itself, or was killed. `code` is null unless it ended by itself. */
  gone: [code: number | null]
}

/** A child process; tests have one without a process. */
export interface ChildPort extends EventEmitter<ChildPortEvents> {
  readonly pid: number | undefined
  tell(message: Message): void
  kill(): void
}

export interface ChildOptions {
  readonly driver: FamilyName
  readonly adapter: number | undefined
  readonly mtu: number
  /** Whether it begins with a reset of the controller, after one before it died. */
  readonly reset: boolean
  readonly env: NodeJS.ProcessEnv
}

const MEMORY = '--max-old-space-size=96'
/** What the child gets of our environment: nothing else, such as a passphrase, goes to where strangers' bytes are read. */
const PASSED_ON = /^(PATH|HOME|SystemRoot|LD_LIBRARY_PATH|NODE_OPTIONS|NODE_PATH)$/
/** Settings of noble, bleno and their sockets, and those of tests that stand in for an adapter. */
const PASSED_ON_TOO = /^(NOBLE|BLENO|BLUETOOTH_HCI_SOCKET|PORCHLIGHT_TEST)_/
/** These would lead noble elsewhere than to the adapter. */
const LEFT_OUT = /^NOBLE_(BINDINGS|WEBSOCKET|DISTRIBUTED)$/

/** Starts the child process; throws, or ends at once, where the system has no place for it. */
export function spawnChild(options: ChildOptions, run = spawn): ChildPort {
  return new ProcessPort(options, run)
}

class ProcessPort extends EventEmitter<ChildPortEvents> implements ChildPort {
  readonly #child: ChildProcess
  readonly #pipe: Duplex | null
  readonly #reader = new MessageReader()
  #gone = false

  constructor(options: ChildOptions, run: typeof spawn) {
    super()
    const args = [MEMORY, script(), options.driver, String(options.mtu)]
    if (options.reset) args.push('reset')
    this.#child = run(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      env: environment(options),
    })
    this.#child.on('error', () => this.#end(null))
    // It has none where there was no descriptor left for it.
    const stdio = this.#child.stdio as ChildProcess['stdio'] | undefined
    this.#pipe = (stdio?.[3] as Duplex | null | undefined) ?? null
    this.#child.on('exit', (code) => this.#end(code))
    // A child that can not be written to is about to end, or is not worth keeping.
    this.#pipe?.on('error', () => this.kill())
    this.#pipe?.on('data', (chunk: Buffer) => {
      const messages = this.#gone ? [] : this.#reader.push(chunk)
      if (messages === null) return this.kill()
      for (const message of messages) if (!this.#gone) this.emit('message', message)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  tell(message: Message): void {
    if (!this.#gone && this.#pipe?.writable) this.#pipe.write(encodeMessage(message))
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #end(code: number | null): void {
    if (this.#gone) return
    this.#gone = true
    this.#pipe?.destroy()
    this.emit('gone', code)
  }
}

function environment({ adapter, env }: ChildOptions): NodeJS.ProcessEnv {
  const passes = (name: string): boolean =>
    PASSED_ON.test(name) || (PASSED_ON_TOO.test(name) && !LEFT_OUT.test(name))
  const kept = Object.entries(process.env).filter(([name]) => passes(name))
  const all: NodeJS.ProcessEnv = { ...Object.fromEntries(kept), ...env }
  if (adapter !== undefined) {
    all['NOBLE_HCI_DEVICE_ID'] = all['BLENO_HCI_DEVICE_ID'] = String(adapter)
  }
  return all
}

/** The compiled program of the child, also when this file runs as it is. */
function script(): string {
  const here = fileURLToPath(import.meta.url)
  if (!here.endsWith('.ts')) return join(dirname(here), 'child.js')
  const inCheckout = join('transports', 'ble', 'driver')
  const root = here.slice(0, here.lastIndexOf(sep + inCheckout + sep))
  return join(root, 'dist', inCheckout, 'child.js')
}
