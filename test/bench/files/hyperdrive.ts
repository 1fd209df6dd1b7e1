import { join } from 'node:path'
import type { FileHyperdriveCalls } from '../contestants/file-hyperdrive.ts'
import { Participant } from '../measure/participant.ts'
import { patience } from './contestant.ts'
import type { FileContestant } from './contestant.ts'

/** Its transfer alone ends when the drive's store has it: written to a file it is later. */
export const hyperdrive: FileContestant = {
  name: 'hyperdrive',
  open: async (from, to, directory) => {
    const a = new Participant<FileHyperdriveCalls>('file-hyperdrive', from.namespace)
    const b = new Participant<FileHyperdriveCalls>('file-hyperdrive', to.namespace)
    const key = await a.call('open', join(directory, 'a'), null)
    await b.call('open', join(directory, 'b'), key)
    await b.call('dial', await a.call('listen', from.address), from.address)
    return {
      sender: { pid: a.pid, self: true },
      receiver: { pid: b.pid, self: true },
      async transfer(job) {
        const path = join(directory, `received-${job.name}`)
        const folder = `/${job.name}`
        const put = await a.callWithin(patience(job), 'put', job.source, folder)
        const got = await b.callWithin(patience(job), 'fetch', folder, put.version, path)
        const seconds = (got.written - put.from) / 1_000
        return { seconds, alone: (got.stored - got.from) / 1_000, path }
      },
      close: () => Promise.all([a.close(), b.close()]),
    }
  },
}
