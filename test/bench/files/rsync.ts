import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { FileRunnerCalls } from '../contestants/file-runner.ts'
import { Participant } from '../measure/participant.ts'
import { pause } from '../measure/timing.ts'
import { patience } from './contestant.ts'
import type { FileContestant } from './contestant.ts'
import { freePort } from './side.ts'

const TRIES = 100

/** Its daemon serves a module, and the receiver pulls it. */
export const rsyncDaemon: FileContestant = {
  name: 'rsync daemon',
  open: async (from, to, directory) => {
    const port = await freePort()
    const config = join(directory, 'rsyncd.conf')
    await writeFile(config, configFor(directory))
    const where = [`--config=${config}`, `--port=${port}`, `--address=${from.address}`]
    const daemon = from.start('rsync', ['--daemon', '--no-detach', ...where])
    const client = new Participant<FileRunnerCalls>('file-runner', to.namespace)
    const url = `rsync://${from.address}:${port}`
    const close = (): Promise<unknown> => Promise.all([daemon.stop(), client.close()])
    try {
      await answers(client, `${url}/`)
    } catch (error) {
      await close()
      throw error
    }
    return {
      sender: { pid: daemon.pid!, self: true },
      receiver: { pid: client.pid, self: false },
      async transfer(job) {
        const { name, source, files } = job
        const target = join(directory, name)
        await mkdir(target)
        // The daemon reads it anew for each connection.
        await writeFile(config, configFor(dirname(source)))
        const sync = files === null ? ['--fsync'] : []
        const what = `${url}/module/${basename(source)}`
        const args = ['--recursive', '--whole-file', ...sync, what, `${target}/`]
        const seconds = await client.callWithin(patience(job), 'run', 'rsync', args)
        return { seconds, alone: seconds, path: join(target, basename(source)) }
      },
      close,
    }
  },
}

function configFor(path: string): string {
  const user = process.getuid?.() === 0 ? 'uid = root\ngid = root\n' : ''
  return `${user}use chroot = no\nreverse lookup = no\n[module]\npath = ${path}\nread only = yes\n`
}

/** Resolves once the daemon takes connections. */
async function answers(client: Participant<FileRunnerCalls>, url: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await client.call('run', 'rsync', [url])
      return
    } catch (error) {
      if (tries === TRIES) throw error
      await pause(50)
    }
  }
}
