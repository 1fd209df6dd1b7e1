import { execFile } from 'node:child_process'
import { copyFile, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../compliance/until.ts'
import type { LabNode } from './lab-node.ts'

const execute = promisify(execFile)
const PIECE = 1024 * 1024

/** A USB stick: a file system in a file, mounted where the node that it is plugged in at sees it, and nobody else. */
export class Stick {
  /** All that is on it, as it would be after its power went. */
  readonly image: string
  #at: { readonly node: LabNode; readonly pid: number; readonly dir: string } | null = null

  private constructor(image: string) {
    this.image = image
  }

  static async make(directory: string, name: string, megabytes: number): Promise<Stick> {
    const image = join(directory, `${name}.img`)
    const file = await open(image, 'w')
    await file.truncate(megabytes * PIECE)
    await file.close()
    await execute('mkfs.ext4', ['-q', '-F', image])
    return new Stick(image)
  }

  /** Another with the same on it, as it is at this moment. */
  async copy(name: string): Promise<Stick> {
    const image = join(this.image, '..', `${name}.img`)
    await copyFile(this.image, image)
    return new Stick(image)
  }

  /** Plugs it in at a running node; gives the directory where it appears. */
  async plug(node: LabNode, { readOnly = false } = {}): Promise<string> {
    const dir = `${node.data}-media`
    await mkdir(dir, { recursive: true })
    const pid = node.pid!
    this.#at = { node, pid, dir }
    await inside(pid, 'mount', '-o', readOnly ? 'loop,ro' : 'loop', this.image, dir)
    return dir
  }

  /** Takes it out as one should. */
  async unplug(): Promise<void> {
    const { pid, dir } = this.#at!
    this.#at = null
    // What still looks through it, as an indexer does, is waited for.
    await until('nobody to use the stick', () =>
      inside(pid, 'umount', dir).then(
        () => true,
        () => false,
      ),
    )
  }

  /** Pulls it out whatever is going on: what was open goes on into nowhere. */
  async pull(): Promise<void> {
    const { pid, dir } = this.#at!
    this.#at = null
    await inside(pid, 'umount', '--lazy', dir)
  }

  /** Every byte of it, in use or not. */
  read(): Promise<Buffer> {
    return readFile(this.image)
  }

  /** Takes the space that is left but for some bytes; gives what gives it back. */
  async fill(left: number): Promise<() => Promise<void>> {
    const { pid, dir } = this.#at!
    const filler = join(dir, 'photos.bin')
    const [, free] = (await inside(pid, 'df', '-B1', '--output=avail', dir)).split('\n')
    await inside(pid, 'fallocate', '-l', String(Number(free) - left), filler)
    return async () => {
      await inside(pid, 'rm', filler)
    }
  }

  async remove(): Promise<void> {
    await rm(this.image, { force: true })
  }
}

/** Runs a program where the process with this id sees what it sees. */
async function inside(pid: number, program: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute('nsenter', ['-t', String(pid), '-m', program, ...args])
  return stdout
}
