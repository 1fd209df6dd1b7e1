/** The kernel of the guest: that of Debian, taken out of its package. */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { thisMachine } from '../setup/machine.ts'
import { unpackedDebian } from '../setup/unpacked.ts'

/** Each with what it needs goes into the guest; one that is not there is part of the kernel itself. */
const MODULES = [
  ['virtio_pci', 'virtio_blk', 'ext4', 'crc32c_generic', '9pnet_virtio', '9p'],
  ['af_alg', 'algif_skcipher', 'algif_hash', 'aes_generic', 'ecb', 'cmac', 'hci_vhci'],
].flat()

const WANTED = [
  '*/boot/vmlinuz-*',
  ...['crypto', 'lib', 'arch', 'net/9p', 'net/bluetooth', 'net/rfkill', 'fs/9p', 'fs/netfs']
    .concat(['fs/fscache', 'fs/ext4', 'fs/jbd2', 'drivers/virtio', 'drivers/bluetooth'])
    .map((folder) => `*/kernel/${folder}/*`),
  '*/kernel/fs/mbcache.ko*',
  '*/kernel/drivers/block/virtio_blk.ko*',
]

/** How the kernel proper can be packed, by its first bytes; a program that unpacks it. */
const PACKED: readonly [magic: string, program: readonly string[]][] = [
  ['fd377a585a00', ['xz', '-dc', '--single-stream']],
  ['28b52ffd', ['zstd', '-dcq']],
]

/** The folder with Debian's kernel, fetched when it is not here yet. */
export async function kernelPackage(): Promise<string> {
  const ask = async (): Promise<string | undefined> => {
    const told = await thisMachine.run('apt-cache', ['depends', 'linux-image-amd64'])
    return /Depends: (linux-image-\S+)/.exec(told)?.[1]
  }
  const missing = async (): Promise<string | undefined> => {
    await thisMachine.run('apt-get', ['update', '-q'])
    return ask()
  }
  const name = (await ask().catch(() => {})) ?? (await missing())
  if (name === undefined) throw new Error('apt-get knows no linux-image-amd64')
  return unpackedDebian(name, WANTED)
}

/** Writes the kernel in the form that starts at once, as `file`: unpacking itself would take the guest long. */
export async function writeKernel(folder: string, file: string): Promise<void> {
  const [name] = (await readdir(join(folder, 'boot'))).filter((entry) =>
    entry.startsWith('vmlinuz-'),
  )
  const image = await readFile(join(folder, 'boot', name!))
  // The boot protocol of x86: sectors of set-up code, then the place and size of what is packed.
  const from = (image[0x1f1]! + 1) * 512 + image.readUInt32LE(0x248)
  const packed = image.subarray(from, from + image.readUInt32LE(0x24c))
  if (packed[0] === 0x1f) return writeFile(file, gunzipSync(packed))
  const program = PACKED.find(([magic]) => packed.toString('hex', 0, magic.length / 2) === magic)
  if (program === undefined) throw new Error(`${name} is packed in a way that is not known here`)
  // The last four bytes tell the size unpacked.
  await writeFile(`${file}.packed`, packed.subarray(0, -4))
  await expand(program[1], `${file}.packed`, file)
}

/** Writes the modules into a folder, named such that they can be loaded in the order of their names. */
export async function writeModules(folder: string, to: string): Promise<void> {
  const files = await moduleFiles(folder)
  await mkdir(to, { recursive: true })
  const done = new Set<string>()
  const add = async (name: string): Promise<void> => {
    const file = files.get(name)
    if (done.has(name) || file === undefined) return
    done.add(name)
    const plain = join(to, `${name}.plain`)
    if (file.endsWith('.xz')) await expand(['xz', '-dc'], file, plain)
    else await copyFile(file, plain)
    const needs = /\0depends=([^\0]*)\0/.exec((await readFile(plain)).toString('latin1'))?.[1]
    for (const need of (needs ?? '').split(',')) await add(plainName(need))
    ordered.push(name)
  }
  const ordered: string[] = []
  for (const name of MODULES) await add(plainName(name))
  await thisMachine.run('sh', [
    '-c',
    'cd "$1"; shift; n=100; for m in "$@"; do mv "$m.plain" "$n-$m.ko"; n=$((n + 1)); done',
    'order',
    to,
    ...ordered,
  ])
}

async function moduleFiles(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true })
  return new Map(
    entries
      .filter((entry) => /\.ko(\.xz)?$/.test(entry))
      .map((entry) => [
        plainName(basename(entry).replace(/\.ko(\.xz)?$/, '')),
        join(folder, entry),
      ]),
  )
}

const plainName = (name: string): string => name.replaceAll('-', '_')

async function expand(program: readonly string[], from: string, to: string): Promise<void> {
  const line = 'from="$1"; to="$2"; shift 2; "$@" < "$from" > "$to"'
  await thisMachine.run('sh', ['-c', line, 'expand', from, to, ...program])
}
