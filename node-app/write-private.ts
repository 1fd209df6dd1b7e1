import { open, rename, rm } from 'node:fs/promises'

/** Replaces a file as a whole, readable by this user alone (0600); a crash leaves the old or the new. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.new`
  // `wx` after `rm`: a left-over with wider rights, or a link, is never written through.
  await rm(aside, { force: true })
  const file = await open(aside, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
}
