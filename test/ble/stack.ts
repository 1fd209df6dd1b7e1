import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { until } from '../compliance/until.ts'
import { bluetoothEnvironment } from './shim-env.ts'
import type { TestBluetooth } from './shim-env.ts'

const CHILD = join(process.cwd(), 'test/ble/stack-child.cjs')

export type Family = 'stoprocent' | 'abandonware'

interface Told {
  readonly what: string
  readonly detail: unknown
}

/** A process with noble and bleno of one family on the controller behind a socket, or with none. */
export class Stack {
  readonly told: Told[] = []
  readonly #child: ChildProcess
  #errors = ''

  constructor(family: Family, bluetooth: TestBluetooth) {
    const env = { ...process.env, ...bluetoothEnvironment(bluetooth) }
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as const
    this.#child = fork(CHILD, [family], { env, stdio: [...stdio] })
    this.#child.stderr!.on('data', (text) => (this.#errors += String(text)))
    this.#child.on('message', (message) => this.told.push(message as Told))
  }

  /** Advertises a payload, under a random address if one is given; resolves with its public one. */
  async advertise(payload: string, address?: string): Promise<string> {
    this.#child.send({ order: 'advertise', payload, address })
    return (await this.heard('advertising')) as string
  }

  /** Dials who advertises the payload; resolves with the address and the MTU. */
  async dial(payload: string, mtu = 517): Promise<{ address: string; mtu: number }> {
    this.#child.send({ order: 'dial', payload, mtu })
    return (await this.heard('connected')) as { address: string; mtu: number }
  }

  /** Packets there and back; resolves with the milliseconds that each took. */
  async echo(packets: number, bytes: number): Promise<number[]> {
    this.#child.send({ order: 'echo', packets, bytes })
    return (await this.heard('echoed')) as number[]
  }

  /** What the process tells next under this name. */
  async heard(what: string): Promise<unknown> {
    const at = (): number => this.told.findIndex((told) => told.what === what)
    await until(`the stack to tell: ${what}`, () => {
      const failed = this.told.find((told) => told.what === 'failed')
      if (failed || this.#child.exitCode !== null) {
        throw new Error(`${String(failed?.detail)} (exit ${this.#child.exitCode}) ${this.#errors}`)
      }
      return at() !== -1
    })
    return this.told.splice(at(), 1)[0]!.detail
  }

  async close(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill(signal)
    await gone
  }
}
