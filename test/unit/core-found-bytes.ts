import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The bytes of all files under a directory, and their names. */
export async function filesUnder(dir: string): Promise<Buffer> {
  const parts: Buffer[] = []
  for (const name of await readdir(dir, { recursive: true })) {
    parts.push(Buffer.from(`${name}\n`))
    if ((await stat(join(dir, name))).isFile()) parts.push(await readFile(join(dir, name)))
  }
  return Buffer.concat(parts)
}
