import { open, rm } from 'node:fs/promises'
import type { FileReason, FileView } from '../../core/files/api.ts'
import type { Content } from './content.ts'
import type { LabNode } from './lab-node.ts'
import type { Street } from './files-world.ts'

const MB = 1e6
/** What a file takes on a line that is limited so that it can be looked at under way. */
const SECONDS = 20
const MESSAGES = 10

/** Text goes before files on a slow line. */
export async function messagesFirst({ lab, scale, a, b, c, talk, files, made }: Street) {
  const { steps } = lab
  // More than the line takes until the last message is shown, at any scale.
  const content = await made.file('slow.bin', 80 / scale.sizes)
  await steps.step('at 1 MB/s messages pass a file by', async () => {
    await c.stop()
    await a.host.limit(MB)
    const { id } = await files.send(a, content)
    await files.under(b, id, MB)
    const delays = await talk.delays(a, b, MESSAGES)
    await files.under(b, id, MB)
    steps.figure('written to shown beside a file, slowest', Math.max(...delays), 'ms')
    await files.act(a, 'delete', id, '--everyone')
    for (const node of [a, b]) await files.gone(node, id)
  })
}

/** The only source is cut off, killed and started again, and so is who fetches from it. */
export async function comeAndGo({ lab: { steps }, a, b, c, files, made }: Street): Promise<void> {
  const content = await made.file('now and then.bin', 12)
  const id = await steps.step('its cable pulled, the receiver waits for its source', async () => {
    await c.stop()
    await a.host.limit(content.bytes / SECONDS)
    const sent = await files.send(a, content)
    await files.want(b, sent.id)
    await files.under(b, sent.id, content.bytes / 6)
    await a.host.unplug()
    await waits(b, sent.id, 'no-source')
    return sent.id
  })
  await steps.step('the cable back, it goes on where it stood', async () => {
    const { have } = await stands(b, id)
    await a.host.replug()
    await files.under(b, id, have + content.bytes / 6)
  })
  await steps.step('the source killed, and the receiver too', async () => {
    await a.kill()
    await waits(b, id, 'no-source')
    const { have } = await stands(b, id)
    await b.kill()
    await b.start()
    const after = await files.shown(b, id, 'the file after a restart', () => true)
    steps.figure('lost by kill -9', (100 * (have - after.have)) / content.bytes, '%')
  })
  await steps.step('both back, every byte is right', async () => {
    await a.start()
    await a.host.limit(null)
    await files.whole(b, id, content)
    await c.start()
    await files.whole(c, id, content)
    await files.tidy(b)
  })

  async function stands(node: LabNode, file: string): Promise<FileView> {
    return files.shown(node, file, 'the file', () => true)
  }
  async function waits(node: LabNode, file: string, reason: FileReason): Promise<void> {
    await files.shown(node, file, `${reason} on ${node.name}`, (view) => {
      return view.reason === reason && view.words !== undefined && view.sources === 0
    })
  }
}

/** Several who hold a file send it together. */
export async function threeAtOnce({
  lab: { steps },
  a,
  b,
  c,
  d,
  files,
  made,
}: Street): Promise<void> {
  const content = await made.file('wanted.bin', 24)
  await steps.step('three who have a file send it together', async () => {
    const { id } = await files.send(a, content)
    for (const node of [b, c]) await files.whole(node, id, content)
    const sources = [a, b, c]
    // Slow, until all three are found: a busy computer takes a while for that.
    for (const { host } of sources) await host.limit(MB / 2)
    const before = await Promise.all(sources.map(({ host }) => host.sent()))
    await d.start()
    await d.linked()
    const { have, state } = await files.shown(d, id, 'three sources', (view) => {
      return view.sources === 3 || view.state === 'complete'
    })
    if (state === 'complete') throw new Error('d never saw three sources')
    for (const { host } of sources) await host.limit(2 * MB)
    const from = performance.now()
    await files.whole(d, id, content)
    const seconds = (performance.now() - from) / 1_000
    const after = await Promise.all(sources.map(({ host }) => host.sent()))
    for (const { host } of sources) await host.limit(null)
    steps.figure('from three at 2 MB/s each', (content.bytes - have) / MB / seconds, 'MB/s')
    const shares = after.map((bytes, i) => (bytes - before[i]!) / content.bytes)
    if (shares.some((share) => share < 0.15))
      throw new Error(`they sent ${shares.join(', ')} of it`)
    await d.stop()
  })
}

/** The original is no longer what was sent. */
export async function changed(street: Street): Promise<void> {
  const { a, b, c, files, made, scale } = street
  const { steps } = street.lab
  // What is on its way already, some MB, was read before and is right: there must be more than that.
  const altered = await made.file('altered.bin', 16 / scale.sizes)
  const moved = await made.file('moved.bin', 16 / scale.sizes)
  const kept = await made.file('kept by another.bin', 8)
  /** Sends with b alone there to take it, and spoils the original once b has some of it. */
  const spoil = async (
    content: Content,
    how: (content: Content) => Promise<void>,
    reason: FileReason,
  ): Promise<void> => {
    await a.host.limit(content.bytes / SECONDS)
    const { id } = await files.send(a, content)
    await files.want(b, id)
    await files.under(b, id, content.bytes / 16)
    await how(content)
    const view = await files.shown(b, id, reason, (shown) => shown.reason === reason)
    if (!view.words) throw new Error('nobody is told why')
    if (view.state === 'complete' || view.path !== undefined)
      throw new Error('it is shown as whole')
    await files.act(a, 'delete', id, '--everyone')
    for (const node of [a, b]) await files.gone(node, id)
    await a.host.limit(null)
  }
  await steps.step('the original changed in the middle: the receiver is told so', async () => {
    await c.stop()
    await spoil(altered, alter, 'source-changed')
  })
  await steps.step('the original gone in the middle: the receiver is told so', () =>
    spoil(moved, ({ path }) => rm(path), 'source-gone'),
  )
  await steps.step('with another who has it, a changed original does not matter', async () => {
    await c.start()
    await b.stop()
    const { id } = await files.send(a, kept)
    await files.whole(c, id, kept)
    for (const { host } of [a, c]) await host.limit(kept.bytes / SECONDS)
    await b.start()
    await files.under(b, id, kept.bytes / 8)
    await alter(kept)
    for (const { host } of [a, c]) await host.limit(null)
    await files.whole(b, id, kept)
    await files.tidy(b)
  })
}

/** Writes other bytes over the last three quarters, as a program that saves again. */
async function alter({ path, bytes }: Content): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(Buffer.alloc(Math.floor((bytes * 3) / 4), 7), 0, null, Math.floor(bytes / 4))
  } finally {
    await file.close()
  }
}
