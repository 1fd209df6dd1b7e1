import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivate } from './write-private.ts'

/** How programs of this user reach the running node: `<data>/api.json`. */
export interface ApiFile {
  readonly url: string
  readonly token: string
  readonly pid: number
}

const pathIn = (dir: string): string => join(dir, 'api.json')

/** Tells programs of this user where the API is, and their token. */
export async function writeApiFile(dir: string, file: ApiFile): Promise<void> {
  await writePrivate(pathIn(dir), `${JSON.stringify(file)}\n`)
}

/** What a node wrote there, perhaps one that is gone by now; undefined when there is none to read. */
export async function readApiFile(dir: string): Promise<ApiFile | undefined> {
  try {
    const file = JSON.parse(await readFile(pathIn(dir), 'utf8')) as Partial<ApiFile>
    const { url, token, pid } = file
    if (typeof url !== 'string' || typeof token !== 'string' || !Number.isInteger(pid))
      return undefined
    return { url, token, pid: pid! }
  } catch {
    return undefined
  }
}

/** Takes it away when the node stops. */
export async function removeApiFile(dir: string): Promise<void> {
  await rm(pathIn(dir), { force: true })
}
