import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../compliance/until.ts'

const execute = promisify(execFile)
const PRELOADED = join(process.cwd(), 'test/ble/btvirt-here.c')

/** What it needs of Debian: the emulator, and a compiler for the few lines that make it run anywhere. */
export const BTVIRT_PACKAGES = ['bluez-test-tools', 'gcc', 'libc6-dev'] as const

/**
 * BlueZ's own emulator of controllers, a process with sockets of its own: several can run at a time. All who connect
 * hear each other, each advertisement once. There are no knobs.
 */
export class Btvirt {
  /** Who connects here has an LE controller: what PORCHLIGHT_TEST_HCI takes. */
  readonly socket: string
  readonly #process: ChildProcess
  readonly #folder: string

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process
    this.#folder = folder
    this.socket = join(folder, 'le')
  }

  /** Rejects with what btvirt or the compiler said. */
  static async start(): Promise<Btvirt> {
    const folder = await mkdtemp(join(tmpdir(), 'porchlight-btvirt-'))
    try {
      const library = join(folder, 'here.so')
      await execute('gcc', ['-shared', '-fPIC', '-O1', '-o', library, PRELOADED, '-ldl'])
      const env = { ...process.env, LD_PRELOAD: library, BTVIRT_FOLDER: folder }
      const child = spawn('btvirt', ['-s'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      const made = new Btvirt(child, folder)
      await made.#ready()
      return made
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = once(this.#process, 'exit')
      this.#process.kill('SIGKILL')
      await gone
    }
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #ready(): Promise<void> {
    let said = ''
    let failed: Error | null = null
    this.#process.on('error', (error) => (failed = error))
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.on('data', (text) => (said += String(text)))
    }
    await until('btvirt to open its sockets', () => {
      if (failed !== null) throw failed
      if (this.#process.exitCode !== null) throw new Error(`btvirt ended: ${said}`)
      return existsSync(this.socket)
    })
  }
}
