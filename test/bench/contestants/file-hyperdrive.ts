/** A Hyperdrive as a participant: files put into it, replicated over a Noise stream, and written out again. */
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import Hyperdrive from 'hyperdrive'
import { filesIn } from '../files/sample-data.ts'
import { serve } from '../measure/serve.ts'
import { monotonic } from '../measure/timing.ts'
import { AutobaseChat } from './autobase-chat.ts'
import type { ReplicatingStore } from './autobase-types.ts'
import { dial, listen } from './loopback-noise.ts'

const STEP = 1024 * 1024

let store: ReplicatingStore
let drive: Hyperdrive

const calls = {
  /** Opens a directory, with a drive of its own or another's; gives the drive's key. */
  async open(dir: string, key: string | null): Promise<string> {
    store = await AutobaseChat.openStore(dir)
    drive = key === null ? new Hyperdrive(store) : new Hyperdrive(store, Buffer.from(key, 'hex'))
    await drive.ready()
    return drive.key.toString('hex')
  },
  listen: (address: string): Promise<number> =>
    listen((incoming) => {
      store.replicate(incoming)
    }, address),
  async dial(port: number, address: string): Promise<void> {
    store.replicate(await dial(port, address))
  },
  /** Puts a file or a folder into the drive; gives when it was asked to. */
  async put(source: string, folder: string): Promise<{ from: number; version: number }> {
    const from = monotonic()
    const files = await filesIn(source)
    if (files.length === 1) await putLarge(join(source, files[0]!.path), `${folder}/file`)
    else await putMany(source, files, folder)
    return { from, version: drive.version }
  },
  /** Fetches a folder of the drive; gives when that began, when it was stored, and when it was written out. */
  async fetch(
    folder: string,
    version: number,
    target: string,
  ): Promise<{ from: number; stored: number; written: number }> {
    const from = monotonic()
    while (drive.version < version) await drive.update({ wait: true })
    await drive.download(`${folder}/`).done()
    const stored = monotonic()
    for await (const { key } of drive.list(folder)) {
      const inside = key.slice(folder.length + 1)
      await writeOut(key, inside === 'file' ? target : join(target, inside))
    }
    return { from, stored, written: monotonic() }
  },
}

export type FileHyperdriveCalls = typeof calls

function putLarge(path: string, key: string): Promise<void> {
  return pipeline(
    createReadStream(path, { highWaterMark: STEP }),
    drive.createWriteStream(key) as unknown as NodeJS.WritableStream,
  )
}

async function putMany(
  source: string,
  files: readonly { readonly path: string }[],
  folder: string,
): Promise<void> {
  const batch = drive.batch()
  for (const { path } of files) {
    await batch.put(`${folder}/${path}`, await readFile(join(source, path)))
  }
  await batch.flush()
}

async function writeOut(key: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'w')
  for await (const bytes of drive.createReadStream(key)) await file.write(bytes as Buffer)
  await file.close()
}

serve(calls)
