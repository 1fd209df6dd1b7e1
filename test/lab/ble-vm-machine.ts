/** The computer that QEMU emulates, in software alone: what it is made of, how it is started and heard. */
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../node-app/package-root.ts'
import { thisMachine } from '../setup/machine.ts'
import { unpackedDebian } from '../setup/unpacked.ts'
import type { Told } from './ble-vm-events.ts'
import { kernelPackage, writeKernel, writeModules } from './ble-vm-kernel.ts'
import { writeDisk } from './ble-vm-disk.ts'
import { LabProcess } from './lab-process.ts'

/** Fetches what of Debian the guest is made of, and is not installed. */
export async function fetchParts(): Promise<{ kernel: string; busybox: string }> {
  const kernel = await kernelPackage()
  const folder = await unpackedDebian('busybox-static', ['*bin/busybox'])
  const busybox = (await readdir(folder, { recursive: true })).find((name) =>
    name.endsWith('bin/busybox'),
  )
  return { kernel, busybox: join(folder, busybox!) }
}

export class Machine {
  readonly #process: LabProcess
  readonly #console: string

  private constructor(process: LabProcess, console: string) {
    this.#process = process
    this.#console = console
  }

  /** Makes the guest's files in a folder, and starts it. */
  static async start(folder: string): Promise<Machine> {
    const { kernel, busybox } = await fetchParts()
    const path = (name: string): string => join(folder, name)
    await Promise.all([
      writeKernel(kernel, path('vmlinux')),
      writeFirst(kernel, busybox, path('first'), path('initrd')),
      writeDisk(path('disk'), path('disk.img')),
    ])
    const log = path('console.log')
    const argv = flags({
      kernel: path('vmlinux'),
      initrd: path('initrd'),
      disk: path('disk.img'),
      log,
    })
    return new Machine(new LabProcess('qemu-system-x86_64', argv), log)
  }

  /** What its program tells, until it ends. */
  async *told(): AsyncGenerator<Told, void> {
    let seen = 0
    let wake = (): void => {}
    this.#process.onLine(() => wake())
    let ended = false
    void this.#process.ended.then(() => {
      ended = true
      wake()
    })
    for (;;) {
      while (seen < this.#process.lines.length) {
        yield JSON.parse(this.#process.lines[seen++]!) as Told
      }
      if (ended) return
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  /** The last of what its kernel and the programs in it wrote. */
  async console(): Promise<string> {
    const text = await readFile(this.#console, 'utf8').catch(() => '')
    return `${text.slice(-6_000)}${this.#process.errors}`.trim()
  }

  async close(): Promise<void> {
    await this.#process.kill()
  }
}

/** The first files of the guest: a shell, the kernel's modules, and what to do with them. */
async function writeFirst(
  kernel: string,
  busybox: string,
  folder: string,
  file: string,
): Promise<void> {
  for (const name of ['bin', 'dev', 'proc', 'sys', 'host']) {
    await mkdir(join(folder, name), { recursive: true })
  }
  await copyFile(busybox, join(folder, 'bin', 'busybox'))
  await writeModules(kernel, join(folder, 'modules'))
  const script = await readFile(join(packageRoot, 'test', 'lab', 'ble-vm-init.sh'), 'utf8')
  const node = `NODE=${JSON.stringify(process.execPath)}\n`
  await writeFile(join(folder, 'init'), script.replace(/\n/, `\n${node}`))
  await chmod(join(folder, 'init'), 0o755)
  const pack = 'cd "$1" && find . | "$2" cpio -o -H newc > "$3"'
  await thisMachine.run('sh', ['-c', pack, 'pack', folder, busybox, file])
}

interface Parts {
  readonly kernel: string
  readonly initrd: string
  readonly disk: string
  readonly log: string
}

function flags({ kernel, initrd, disk, log }: Parts): string[] {
  return [
    ['-accel', 'tcg,thread=multi', '-M', 'q35', '-smp', '2', '-m', '1024'],
    // What a newer processor has besides is slower, emulated.
    ['-cpu', 'qemu64'],
    ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ['-serial', `file:${log}`, '-serial', 'stdio'],
    ['-kernel', kernel, '-initrd', initrd, '-append'],
    [
      'console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off random.trust_cpu=on cryptomgr.notests',
    ],
    ['-drive', `file=${disk},format=raw,if=virtio,readonly=on`],
    ['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'],
    ['-device', 'virtio-9p-pci,fsdev=host,mount_tag=host'],
  ].flat()
}
