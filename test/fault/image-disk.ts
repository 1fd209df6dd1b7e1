import { execFile } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** An ext4 disk in a file, whose every byte can be read: root alone can mount one. */
export class ImageDisk {
  readonly dir: string
  readonly #image: string

  private constructor(dir: string, image: string) {
    this.dir = dir
    this.#image = image
  }

  static async mount(scratch: string, megabytes: number): Promise<ImageDisk> {
    const [image, dir] = [join(scratch, 'disk.img'), join(scratch, 'disk')]
    const file = await open(image, 'w')
    await file.truncate(megabytes * 1024 * 1024)
    await file.close()
    await execute('mkfs.ext4', ['-q', '-F', image])
    await mkdir(dir)
    await execute('mount', ['-o', 'loop', image, dir])
    return new ImageDisk(dir, image)
  }

  /** All that the disk holds by now, in use or not. */
  async read(): Promise<Buffer> {
    await execute('sync', ['-f', this.dir])
    return readFile(this.#image)
  }

  async unmount(): Promise<void> {
    // Lazily: a node that a failed test left open must not hide why it failed.
    await execute('umount', ['--lazy', this.dir])
  }
}
