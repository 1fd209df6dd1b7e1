import type { Street } from './files-world.ts'

const MB = 1e6
const SECONDS = 20

/** R7 with a file: it is said, the rest goes on, and so does the file once there is space. */
export async function fullDisk({
  lab: { steps },
  a,
  d,
  disk,
  talk,
  files,
  made,
}: Street): Promise<void> {
  const content = await made.file('too large.bin', 30)
  const id = await steps.step('a disk that fills up in the middle is said, in words', async () => {
    await d.start()
    await d.linked()
    await a.host.limit(content.bytes / SECONDS)
    const sent = await files.send(a, content)
    await files.under(d, sent.id, content.bytes / 8)
    await disk.fill(4 * MB)
    await a.host.limit(null)
    const view = await files.shown(d, sent.id, 'words of the disk', ({ reason }) => {
      return reason === 'disk-full'
    })
    if (!view.words) throw new Error('nobody is told why')
    return sent.id
  })
  await steps.step('everything is readable meanwhile', async () => {
    if ((await talk.timeline(d)).length === 0) throw new Error('no message is shown')
    const view = await files.view(d, id)
    if (!view || view.have === 0) throw new Error('what was fetched is not kept')
  })
  await steps.step('space freed, it goes on by itself', async () => {
    const { have } = (await files.view(d, id))!
    await disk.free()
    const from = performance.now()
    const { have: after } = await files.shown(d, id, 'it to go on', (view) => view.have > have)
    if (after < have) throw new Error('it began anew')
    steps.figure('space freed to going on', (performance.now() - from) / 1_000, 's')
    await files.whole(d, id, content)
    await files.tidy(d)
    await d.stop()
  })
}
