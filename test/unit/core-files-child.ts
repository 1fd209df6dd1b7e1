/**
 * A process with a store whose work is done by threads, to be killed at any time: `DIR SOURCE [STOP]` shares the file
 * SOURCE, receives it in the same process, and says what it does in lines of JSON. With STOP it stands still after so
 * many chunks.
 */
import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { Envelope } from '../../core/crypto/envelope.ts'
import { HASH } from '../../core/files/descriptor.ts'
import { ItemStore } from '../../core/files/store/item-store.ts'
import { workerPool } from '../../core/files/work/worker-pool.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'

const [dir = '', source = '', stop = ''] = process.argv.slice(2)

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function threads(): number {
  return readdirSync('/proc/self/task').length
}

const work = workerPool({ clock: systemClock, logger: silentLogger })
const store = await ItemStore.open({
  dir,
  data: dir,
  envelope: new Envelope(Buffer.alloc(HASH, 1), 'files', systemRandom),
  work,
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
  space: () => Promise.resolve(),
})
const ROOM = 'a'.repeat(32)
const before = threads()
let shared = store.all().find((item) => item.kind === 'shared')
if (!shared) shared = await store.share(source, { room: ROOM })
// A store has one item of a root: what is received lies in another.
const other = await ItemStore.open({
  dir: join(dir, 'other'),
  envelope: new Envelope(Buffer.alloc(HASH, 1), 'files', systemRandom),
  work,
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
  space: () => Promise.resolve(),
})
const known = other.all().length
const item = await other.begin(shared.ref!, { name: 'it', room: ROOM })
await item.takeManifest(shared.manifest!)
tell({ known, here: item.have.count, chunks: item.have.length })

let carried = 0
await Promise.all(
  [0, 1, 2, 3].map(async (first) => {
    for (let index = first; index < item.have.length; index += 4) {
      if (item.have.has(index)) continue
      const chunk = await shared.read(index)
      if (typeof chunk === 'string') throw new Error(chunk)
      if (!(await item.write(index, chunk.bytes))) throw new Error('refused')
      tell({ carried: ++carried })
      if (String(carried) === stop) await new Promise(() => setInterval(() => {}, 1000))
    }
  }),
)
const during = threads()
if (!item.complete) await new Promise((resolve) => item.once('complete', () => resolve(null)))
const same = (await readFile(item.path!)).equals(await readFile(source))

// A thread that ends by itself takes its jobs with it, and no more.
const { manifest, descriptor } = shared
const job = {
  pieces: [{ path: source, at: 0, length: descriptor.chunk }],
  key: Buffer.alloc(5),
  index: 0,
  length: descriptor.chunk + 16,
  hash: manifest!.subarray(0, HASH),
}
const ended = await work.read(job).catch((error: { code: string }) => error.code)
const after = (await work.read({ ...job, key: shared.ref!.key })).outcome
await writeFile(join(dir, 'changed'), Buffer.alloc(descriptor.chunk))
const changed = {
  ...job,
  key: shared.ref!.key,
  pieces: [{ ...job.pieces[0]!, path: join(dir, 'changed') }],
}
const mismatch = (await work.read(changed)).outcome
const missing = (await work.read({ ...changed, pieces: [{ path: '/nowhere', at: 0, length: 1 }] }))
  .outcome
await store.close()
await other.close()
await work.close()
const closed = await work.read(job).catch((error: { code: string }) => error.code)
tell({ done: { same, ended, after, mismatch, missing, closed, more: during - before } })
