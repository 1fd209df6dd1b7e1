import { existsSync } from 'node:fs'
import { ip } from './ip.ts'

const OURS = /^porchlight-(\d+)-/

/** Prefix of the names of every namespace that this process makes. */
export const prefix = `porchlight-${process.pid}-`

/** Removes the namespaces, and ends the processes in them, of lab runs whose process is gone. */
export async function removeStale(): Promise<void> {
  for (const name of await namespaces()) {
    const pid = OURS.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await removeNamespace(name)
  }
}

/** Ends what still runs in one of our namespaces, then removes it. */
export async function removeNamespace(name: string): Promise<void> {
  if (!OURS.test(name)) throw new Error(`${name} was not made by a lab`)
  const pids = (await ip(`netns pids ${name}`)).split('\n').filter((pid) => pid !== '')
  for (const pid of pids) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  await ip(`netns del ${name}`)
}

async function namespaces(): Promise<string[]> {
  const listing = await ip('netns list')
  return listing
    .split('\n')
    .map((line) => line.split(' ')[0]!)
    .filter((name) => name !== '')
}
