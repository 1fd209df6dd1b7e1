import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LabNetwork } from '../../lab/netns.ts'
import type { BenchContext } from '../bench.ts'
import { TreeMeter } from '../measure/process-tree.ts'
import { until } from '../measure/timing.ts'
import { roomOf } from './file-node.ts'
import { bridgedSides } from './side.ts'

const LIMIT_MS = 900_000
const STEP = 4 * 1024 * 1024

/** What a huge transfer took whose receiver was killed in the middle. */
export interface Interrupted {
  /** Bytes that came in at the receiver beyond those of the file, headers and all, in per cent of them. */
  readonly twice: number
  /** The most memory of a side, in bytes. */
  readonly peak: number
  readonly seconds: number
}

/** Sends an empty file of a size, which takes no disk at the sender, and kills the receiver when it has two fifths. */
export async function interrupted(context: BenchContext, size: number): Promise<Interrupted> {
  const network = new LabNetwork()
  context.own({ close: () => network.remove() })
  const directory = join(context.directory, 'interrupted')
  await mkdir(directory)
  const source = join(directory, 'empty.bin')
  await makeEmpty(source, size)
  const hosts = await bridgedSides(network, ['sender', 'killed'])
  const nodes = await roomOf(
    hosts.map(({ side }) => side),
    directory,
  )
  context.own({ close: () => Promise.all(nodes.map((node) => node.close())) })
  const [sender, first] = nodes
  const meters = [new TreeMeter(sender!.tree), new TreeMeter(first!.tree)]
  for (const meter of meters) await meter.start()
  const shown = first!.user.callWithin(LIMIT_MS, 'fileShown', 'empty.bin')
  const { from, file } = await sender!.user.callWithin(LIMIT_MS, 'sendFile', source)
  await shown
  const receiver = hosts[1]!.host
  const before = await receiver.received()
  const broken = first!.user.callWithin(LIMIT_MS, 'getFile', file).catch(() => {})
  await until(
    'two fifths to be here',
    async () => (await first!.user.call('have', file)) > size * 0.4,
    LIMIT_MS,
  )
  await first!.user.call('kill')
  await broken
  const peaks = [(await meters.pop()!.stop()).peakRss]
  await first!.close()
  context.say('the receiver was killed in the middle, and starts anew')
  const second = context.own(await first!.again())
  const meter = new TreeMeter(second.tree)
  await meter.start()
  meters.push(meter)
  const got = await second.user.callWithin(LIMIT_MS, 'getFile', file)
  const came = (await receiver.received()) - before
  for (const one of meters) peaks.push((await one.stop()).peakRss)
  await assertEmpty(got.path, size)
  await Promise.all([sender!.close(), second.close()])
  await network.remove()
  await rm(directory, { recursive: true })
  return {
    twice: (came / size - 1) * 100,
    peak: Math.max(...peaks),
    seconds: (got.to - from) / 1_000,
  }
}

async function makeEmpty(path: string, size: number): Promise<void> {
  const file = await open(path, 'wx')
  await file.truncate(size)
  await file.close()
}

async function assertEmpty(path: string, size: number): Promise<void> {
  const zeros = Buffer.alloc(STEP)
  let read = 0
  for await (const part of createReadStream(path, { highWaterMark: STEP })) {
    const bytes = part as Buffer
    if (!bytes.equals(zeros.subarray(0, bytes.byteLength)))
      throw new Error('what arrived is not what was sent')
    read += bytes.byteLength
  }
  if (read !== size) throw new Error(`${read} of ${size} bytes arrived`)
}
