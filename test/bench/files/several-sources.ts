import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { LabNetwork } from '../../lab/netns.ts'
import type { BenchContext } from '../bench.ts'
import { patience } from './contestant.ts'
import type { Job } from './contestant.ts'
import { roomOf } from './file-node.ts'
import { contentHash } from './sample-data.ts'
import { bridgedSides } from './side.ts'

/** MB/s of a transfer from three devices that have it and send no faster than so many bytes a second each. */
export async function fromSeveral(context: BenchContext, job: Job, rate: number): Promise<number> {
  const network = new LabNetwork()
  context.own({ close: () => network.remove() })
  const directory = join(context.directory, 'several')
  await mkdir(directory)
  const hosts = await bridgedSides(network, ['one', 'two', 'three', 'receiver'])
  const nodes = await roomOf(
    hosts.map(({ side }) => side),
    directory,
  )
  const close = (): Promise<unknown> => Promise.all(nodes.map((node) => node.close()))
  context.own({ close })
  const [one, two, three, receiver] = nodes
  const limit = patience(job)
  const { file } = await one!.user.callWithin(limit, 'sendFile', job.source)
  const shown = [two!, three!, receiver!].map(({ user }) =>
    user.callWithin(limit, 'fileShown', basename(job.source)),
  )
  await Promise.all(shown)
  for (const source of [two!, three!]) await source.user.callWithin(limit, 'getFile', file)
  for (const { host } of hosts.slice(0, 3)) await host.limit(rate)
  const out = join(directory, 'received')
  const got = await receiver!.user.callWithin(limit, 'getFile', file, out)
  if ((await contentHash(got.path)) !== job.hash)
    throw new Error('what arrived is not what was sent')
  await close()
  await network.remove()
  return job.bytes / 1e3 / (got.to - got.from)
}
