import { join } from 'node:path'
import type { FileStreamCalls } from '../contestants/file-stream.ts'
import { Participant } from '../measure/participant.ts'
import { patience } from './contestant.ts'
import type { FileContestant } from './contestant.ts'

export const plainTcp = stream('plain TCP to a file', false)
export const bareNoise = stream('bare Noise stream to a file', true)

function stream(name: string, noise: boolean): FileContestant {
  return {
    name,
    open: async (from, to, directory) => {
      const a = new Participant<FileStreamCalls>('file-stream', from.namespace)
      const b = new Participant<FileStreamCalls>('file-stream', to.namespace)
      return {
        sender: { pid: a.pid, self: true },
        receiver: { pid: b.pid, self: true },
        async transfer(job) {
          const path = join(directory, job.name)
          const port = await a.call('offer', job.source, from.address, noise)
          const seconds = await b.callWithin(
            patience(job),
            'fetch',
            from.address,
            port,
            noise,
            path,
          )
          return { seconds, alone: seconds, path }
        },
        close: () => Promise.all([a.close(), b.close()]),
      }
    },
  }
}
