import { execFile } from 'node:child_process'
import { mkdir, open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const CHUNK = 64 * 1024

/** A disk of a few megabytes, in memory: root alone can make one. */
export class SmallDisk {
  readonly dir: string

  private constructor(dir: string) {
    this.dir = dir
  }

  static async mount(dir: string, megabytes: number): Promise<SmallDisk> {
    await mkdir(dir)
    await execute('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'porchlight-test', dir])
    return new SmallDisk(dir)
  }

  /** Takes the space that is left, but for `leave` bytes. */
  async fill(leave = 0): Promise<void> {
    const file = await open(join(this.dir, 'filler'), 'a')
    try {
      for (const piece of [CHUNK, 4096]) {
        while (leave === 0 || (await this.#left()) > leave)
          await file.write(Buffer.alloc(piece, 1)).then(whole(piece))
      }
    } catch {
      // Full.
    } finally {
      await file.close()
    }
  }

  /** Gives back what `fill` took. */
  async free(): Promise<void> {
    await rm(join(this.dir, 'filler'), { force: true })
  }

  async #left(): Promise<number> {
    const { bavail, bsize } = await statfs(this.dir)
    return bavail * bsize
  }

  async unmount(): Promise<void> {
    await execute('umount', [this.dir])
  }
}

/** A write that was cut short met the end of the disk. */
function whole(piece: number): (written: { bytesWritten: number }) => void {
  return ({ bytesWritten }) => {
    if (bytesWritten < piece) throw new Error('full')
  }
}
