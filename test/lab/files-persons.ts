import { setTimeout as pause } from 'node:timers/promises'
import { diskBytes } from './content.ts'
import type { Street } from './files-world.ts'
import { filesOf, freed } from './shared-files.ts'

/** What a file takes on a line that is limited so that it can be looked at under way. */
const SECONDS = 25
/** What an item that is not here may still take: that it was cancelled is remembered. */
const REST = 256 * 1024
const QUIET_MS = 1_500

/** What comes by itself, and what waits to be asked for. */
export async function policy({ lab: { steps }, a, b, files, made }: Street): Promise<void> {
  const [small, large] = [await made.file('small.bin', 0.4), await made.file('large.bin', 6)]
  await steps.step(
    'what is small comes by itself, what is large waits to be asked for',
    async () => {
      await b.ask('file', 'policy', files.room, '--auto-lan', '1MB')
      const { id: asked } = await files.send(a, large)
      const { id } = await files.send(a, small)
      await files.whole(b, id, small)
      await pause(QUIET_MS)
      const view = await files.view(b, asked)
      if (view?.state !== 'remote' || view.have !== 0) throw new Error(JSON.stringify(view))
      await files.act(b, 'get', asked)
      await files.whole(b, asked, large)
      await b.ask('file', 'policy', files.room, '--auto-lan', '100MB')
    },
  )
}

/** A person pauses, resumes, cancels and deletes; what is gone takes no space. */
export async function control({ lab: { steps }, a, b, c, files, made }: Street): Promise<void> {
  const content = await made.file('wavering.bin', 10)
  const before = await diskBytes(filesOf(b))
  await c.stop()
  await a.host.limit(content.bytes / SECONDS)
  const id = await steps.step('paused, nothing more comes', async () => {
    const sent = await files.send(a, content)
    await files.under(b, sent.id, content.bytes / 10)
    await files.act(b, 'pause', sent.id)
    const { have } = await files.shown(b, sent.id, 'a pause', ({ state }) => state === 'paused')
    await pause(QUIET_MS)
    const later = await files.view(b, sent.id)
    if (later?.state !== 'paused' || later.have !== have) throw new Error(JSON.stringify(later))
    return sent.id
  })
  await steps.step('paused still after a restart; resumed, it goes on', async () => {
    const { have } = (await files.view(b, id))!
    await b.stop()
    await b.start()
    const after = await files.shown(b, id, 'the file after a restart', () => true)
    if (after.state !== 'paused') throw new Error(`it is ${after.state} after a restart`)
    if (after.have !== have) throw new Error(`of ${have} bytes ${after.have} are left`)
    await files.act(b, 'resume', id)
    await files.under(b, id, have + content.bytes / 10)
  })
  await steps.step('cancelled, its bytes are freed, and it does not come by itself', async () => {
    await files.under(b, id, 1)
    await files.act(b, 'cancel', id)
    await freed(b, before + REST)
    await pause(QUIET_MS)
    const view = await files.view(b, id)
    if (view?.state !== 'remote' || view.have !== 0) throw new Error(JSON.stringify(view))
  })
  await steps.step('asked for again, it comes; deleted here, its bytes are freed', async () => {
    await a.host.limit(null)
    await files.act(b, 'get', id)
    await files.whole(b, id, content)
    const taken = (await diskBytes(filesOf(b))) - before
    if (taken < content.bytes) throw new Error(`it takes ${taken} bytes, which is too few`)
    steps.figure('received file takes of its size', (100 * taken) / content.bytes, '%')
    await files.act(b, 'delete', id)
    await freed(b, before + REST)
    const view = await files.view(b, id)
    if (view?.state !== 'remote') throw new Error(JSON.stringify(view))
  })
  await steps.step('deleted for everyone, it is gone from all', async () => {
    await files.act(b, 'get', id)
    await c.start()
    await files.whole(c, id, content)
    const others = await diskBytes(filesOf(c))
    await files.act(a, 'delete', id, '--everyone')
    for (const node of [a, b, c]) await files.gone(node, id)
    await freed(b, before + REST)
    await freed(c, others - content.bytes + REST)
    await files.tidy(b)
    await files.tidy(c)
  })
}
