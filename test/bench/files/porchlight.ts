import { basename, join } from 'node:path'
import { patience } from './contestant.ts'
import type { FileContestant, FilePair, Job, Transfer } from './contestant.ts'
import { roomOf } from './file-node.ts'
import type { FileNode } from './file-node.ts'

/** Two whole nodes, used by their local APIs. */
export const porchlight: FileContestant = {
  name: 'Porchlight',
  open: async (from, to, directory) => pairOf(await roomOf([from, to], directory), directory),
}

/** The first node sends to the last. */
export function pairOf(nodes: readonly FileNode[], directory: string): FilePair {
  const sender = nodes[0]!
  const receiver = nodes.at(-1)!
  return {
    sender: sender.tree,
    receiver: receiver.tree,
    transfer: (job) => deliver(sender, receiver, job, join(directory, `received-${job.name}`)),
    close: () => Promise.all(nodes.map((node) => node.close())),
  }
}

async function deliver(
  { user: sender }: FileNode,
  { user: receiver }: FileNode,
  job: Job,
  out: string,
): Promise<Transfer> {
  const shown = receiver.callWithin(patience(job), 'fileShown', basename(job.source))
  const [{ from }, file] = await Promise.all([
    sender.callWithin(patience(job), 'sendFile', job.source),
    shown,
  ])
  const got = await receiver.callWithin(patience(job), 'getFile', file, out)
  return {
    seconds: (got.to - from) / 1_000,
    alone: (got.to - got.from) / 1_000,
    path: got.path,
  }
}
