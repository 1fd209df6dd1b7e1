import { spawn, type ChildProcess } from 'node:child_process'
import type { Writable } from 'node:stream'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { SharedPreview } from '../../core/files/api.ts'
import { packageRoot } from '../package-root.ts'

const SCRIPT = join(packageRoot, 'node-app', 'previews', 'thumbnail.mjs')
const TIME_LIMIT = 10_000
const MOST_OUTPUT = 8 + 8_000
const NO_SHARP = 3

export interface ThumbnailOptions {
  readonly clock: Clock
  /** The image; without one it is fed. */
  readonly path?: string
  /** Another program than the real one, for tests. */
  readonly script?: string
  /** Starts a process; for tests. */
  readonly spawn?: typeof spawn
  /** Called when pictures can not be made on this computer at all. */
  readonly onmissing: () => void
}

/** A process that makes one small picture. It is ended when it takes too long. */
export class ThumbnailProcess {
  /** Undefined for no picture, whatever the reason. Never rejects. */
  readonly picture: Promise<SharedPreview | undefined>
  /** Null when none can be started, for want of memory or the like. */
  readonly #child: ChildProcess | null
  /** Null also when there was no descriptor left for it. */
  readonly #stdin: Writable | null
  readonly #clock: Clock

  constructor(options: ThumbnailOptions) {
    const { clock, path, onmissing } = options
    this.#clock = clock
    this.#child = start(options)
    this.#stdin = this.#child?.stdin ?? null
    this.#stdin?.on('error', () => {})
    this.picture = this.#run(onmissing)
    if (path !== undefined) this.end()
  }

  /** More of the image; resolves when it takes more. */
  async feed(bytes: Uint8Array): Promise<void> {
    const stdin = this.#stdin
    // A copy: whoever gave the bytes may do with them as they like by the time they are written.
    if (!stdin?.writable || stdin.write(Buffer.from(bytes))) return
    const taken = new Promise<void>((resolve) => stdin.once('drain', resolve))
    await Promise.race([taken, this.picture])
  }

  /** That was all of it: from now on its time runs. */
  end(): void {
    this.#stdin?.end()
    const timer = this.#clock.after(TIME_LIMIT, () => this.kill())
    void this.picture.then(() => timer.cancel())
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  #run(onmissing: () => void): Promise<SharedPreview | undefined> {
    const child = this.#child
    if (!child) return Promise.resolve(undefined)
    const parts: Buffer[] = []
    let bytes = 0
    child.stdout?.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes > MOST_OUTPUT) this.kill()
      else parts.push(part)
    })
    if (child.pid !== undefined) yieldTo(child.pid)
    return new Promise((resolve) => {
      child.on('error', () => resolve(undefined))
      child.once('close', (code) => {
        if (code === NO_SHARP) onmissing()
        resolve(code === 0 ? pictureIn(Buffer.concat(parts)) : undefined)
      })
    })
  }
}

function start(options: ThumbnailOptions): ChildProcess | null {
  const { path, script = SCRIPT, spawn: run = spawn } = options
  const args = ['--max-old-space-size=96', '--no-warnings', script]
  try {
    return run(process.execPath, [...args, ...(path === undefined ? [] : [path])], {
      stdio: ['pipe', 'pipe', 'ignore'],
      // Nothing of ours, such as a passphrase, goes to where strangers' bytes are decoded.
      env: { PATH: process.env['PATH'], SystemRoot: process.env['SystemRoot'] },
      windowsHide: true,
    })
  } catch {
    return null
  }
}

/** Everything else goes before a preview. */
function yieldTo(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // It has ended already, or this system does not let us.
  }
}

function pictureIn(output: Buffer): SharedPreview | undefined {
  if (output.length <= 8 || output.length > MOST_OUTPUT) return undefined
  return {
    width: output.readUInt32LE(0),
    height: output.readUInt32LE(4),
    image: output.subarray(8),
  }
}
