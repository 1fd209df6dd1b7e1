/** Bluetooth on emulated adapters, the air shaped: bulk, words beside it, first contact, loss, and a link that stalls. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../../core/clock.ts'
import { systemRandom } from '../../../core/random.ts'
import type { FileView } from '../../../core/files/api.ts'
import type { Status } from '../../../node-app/api/schemas.ts'
import { roomPath } from '../../../node-app/cli/paths.ts'
import { Air } from '../../ble/air.ts'
import { bluetoothEnvironment } from '../../ble/shim-env.ts'
import type { Bench, BenchContext, Row } from '../bench.ts'
import type { BleLinkCalls, Pace } from '../contestants/ble-link.ts'
import { chatText } from '../contestants/chat-text.ts'
import { Daemon } from '../contestants/daemon.ts'
import { Participant } from '../measure/participant.ts'
import { percentile } from '../measure/statistics.ts'
import { monotonic, pause, until } from '../measure/timing.ts'
import { atLeast, atMost } from '../targets.ts'

const KB = 1_000
const RATE = 60 * KB
const LATENCY = 15
const SLOW = 20 * KB
const STALL_MS = 2_000
const STALL_EVERY_MS = 6_000
/** What bitchat's TransportConfig has: a fragment of 469 bytes each 25 to 30 ms. */
const BITCHAT: Pace = { bytes: 469, every: 27.5 }
const LONG_MS = 600_000

export const ble: Bench = {
  name: 'ble',
  says: 'Bluetooth at 60 kB/s on emulated adapters: bulk beside bitchat’s pacing, words beside bulk, first contact, loss',
  unavailable: async () => null,
  async run(context) {
    const ms = context.quick ? 3_000 : 20_000
    const rows: Row[] = []
    const bulk: number[] = []
    for (const mtu of [517, 256]) {
      const rate = await pour(context, mtu, ms)
      bulk.push(rate)
      rows.push({ contestant: `Porchlight, MTU ${mtu}`, values: { 'kB/s': rate / KB } })
    }
    const paced = await pour(context, 517, ms, BITCHAT)
    rows.push({ contestant: 'bitchat’s pacing, on the same link', values: { 'kB/s': paced / KB } })
    const talk = await chat(context)
    rows.push({ contestant: 'Porchlight, whole nodes', values: talk.values })
    return {
      work: `Two devices on emulated controllers, each with noble and bleno in a process of its own; the air gives each direction ${RATE / KB} kB/s of ACL data and takes ${LATENCY} ms one way. Bulk: bytes received in ${ms / 1_000} s over the transport, link framing taken off. Nodes: texts from one node's API to the event stream of the other while it fetches a file; in reach to the first text that was written while apart; out of reach to both noticing; ${talk.hard} texts over ${SLOW / KB} kB/s with ${STALL_MS / 1_000} s stalls each ${STALL_EVERY_MS / 1_000} s, a file asked for before them.`,
      rows,
      targets: [
        atLeast('bulk, share of the shaped rate, MTU 517', (100 * bulk[0]!) / RATE, 85, '%'),
        atLeast('bulk, share of the shaped rate, MTU 256', (100 * bulk[1]!) / RATE, 85, '%'),
        atLeast('times bitchat’s pacing', Math.min(...bulk) / paced, 2.3, '×'),
        atMost('a text beside bulk, p95', talk.values['text beside bulk, p95 ms']!, 400, 'ms'),
        atMost('first contact to first text', talk.values['first contact s']!, 3, 's'),
        atMost('out of reach to noticed, slowest', talk.values['loss noticed s']!, 6, 's'),
        atMost('file bytes before all texts were there', talk.fileFirst, 0, 'bytes'),
      ],
      notes: talk.notes,
    }
  },
}

/** Bytes a second that one device gets from the other. */
async function pour(
  context: BenchContext,
  mtu: number,
  ms: number,
  pace: Pace | null = null,
): Promise<number> {
  const air = makeAir(context)
  const devices = await Promise.all(
    ['sends', 'gets'].map(async (name) => {
      const socket = join(context.directory, `${name}-${mtu}-${pace === null}.hci`)
      await air.listen(socket, name)
      const device = new Participant<BleLinkCalls>(
        'ble-link',
        null,
        bluetoothEnvironment({ socket }),
      )
      return context.own(device)
    }),
  )
  const [sends, gets] = devices as [Participant<BleLinkCalls>, Participant<BleLinkCalls>]
  await Promise.all(devices.map((device) => device.call('open', mtu)))
  await Promise.all(devices.map((device) => device.call('linked')))
  const [from, before] = [monotonic(), await gets.call('received')]
  await sends.call('pour', ms, pace)
  const bytes = (await gets.call('received')) - before
  const rate = (bytes / (monotonic() - from)) * 1_000
  context.say(`MTU ${mtu}${pace ? ', paced' : ''}: ${(rate / KB).toFixed(1)} kB/s`)
  await Promise.all(devices.map((device) => device.close()))
  await air.close()
  return rate
}

interface Talk {
  readonly values: Record<string, number | null>
  readonly hard: number
  /** Of the file, when the last text over the slow link was there. */
  readonly fileFirst: number
  readonly notes: readonly string[]
}

interface Field {
  readonly context: BenchContext
  readonly air: Air
  readonly a: Daemon
  readonly b: Daemon
  readonly room: string
}

/** Whole nodes, by their API. */
async function chat(context: BenchContext): Promise<Talk> {
  const { directory, quick, own, say } = context
  const air = makeAir(context)
  const start = async (name: string): Promise<Daemon> => {
    const socket = join(directory, `${name}.hci`)
    await air.listen(socket, name)
    const settings = { lan: false, ble: true }
    return own(
      await Daemon.start(directory, name, undefined, settings, bluetoothEnvironment({ socket })),
    )
  }
  const [a, b] = await Promise.all([start('a'), start('b')])
  await Promise.all([a.linked(), b.linked()])
  const room = await a.createRoom('Bench')
  await a.letIn(b, room)
  await b.follow()
  const field = { context, air, a, b, room }
  const beside = await besideBulk(field, quick ? 10 : 60)
  say(`a text beside bulk: p50 ${percentile(beside, 0.5)} ms`)
  const { noticed, contact } = await apart(field, quick ? 1 : 5)
  const hard = quick ? 20 : 100
  const { doubled, fileFirst } = await slowAir(field, hard)
  return {
    values: {
      'text beside bulk, p50 ms': percentile(beside, 0.5),
      'text beside bulk, p95 ms': percentile(beside, 0.95),
      'first contact s': Math.max(...contact) / 1_000,
      'loss noticed s': Math.max(...noticed) / 1_000,
    },
    hard,
    fileFirst,
    notes: [
      `Of ${hard} texts over the slow link all came, ${doubled} of them twice. First contact and loss: the slowest of ${noticed.length}.`,
    ],
  }
}

/** Milliseconds of texts one after another, while the other fetches a file. */
async function besideBulk(field: Field, count: number): Promise<number[]> {
  const { a, b, room } = field
  const { name } = await fetching(field, 'beside.bin', 12_000_000)
  const taken: number[] = []
  for (let n = 0; n < count; n++) {
    const text = chatText('beside', n)
    const from = monotonic()
    await a.send(room, text)
    taken.push((await b.seenAt(text)) - from)
    await pause(100)
  }
  if ((await fileAt(b, room, name)).state !== 'downloading') {
    throw new Error('the file was not on its way any more')
  }
  await b.api.post(roomPath(room, `/files/${(await fileAt(b, room, name)).id}/cancel`))
  return taken
}

/** Out of reach and back, again and again. */
async function apart(
  { air, a, b, room }: Field,
  runs: number,
): Promise<{ noticed: number[]; contact: number[] }> {
  const noticed: number[] = []
  const contact: number[] = []
  for (let run = 0; run < runs; run++) {
    air.reach('a', 'b', false)
    const cut = monotonic()
    await Promise.all(
      [a, b].map((node) =>
        until(`${node.name} to notice`, async () => {
          return (await node.api.get<Status>('/status')).peers.length === 0
        }),
      ),
    )
    noticed.push(monotonic() - cut)
    const text = chatText('apart', run)
    await a.send(room, text)
    await pause(2_000)
    air.reach('a', 'b', true)
    const from = monotonic()
    contact.push((await b.seenAt(text)) - from)
  }
  return { noticed, contact }
}

/** R9: a narrow link that stalls, a file asked for first, and texts. */
async function slowAir(
  field: Field,
  count: number,
): Promise<{ doubled: number; fileFirst: number }> {
  const { air, a, b, room } = field
  air.shape({ rate: SLOW })
  const { name } = await fetching(field, 'slow.bin', 500_000)
  const before = (await fileAt(b, room, name)).have
  const stalls = setInterval(() => air.stall(STALL_MS), STALL_EVERY_MS)
  try {
    const sent = Promise.all(
      Array.from({ length: count }, (_, n) => a.send(room, chatText('slow', n))),
    )
    await sent
    await until('all texts', () => b.seen(chatText('slow', 0).slice(0, 4)).length >= count, LONG_MS)
    const page = await b.api.get<{ messages: { text: string }[] }>(
      roomPath(room, `/messages?limit=500`),
    )
    const texts = page.messages.map(({ text }) => text).filter((text) => text.startsWith('slow'))
    const { have } = await fileAt(b, room, name)
    return { doubled: texts.length - new Set(texts).size, fileFirst: have - before }
  } finally {
    clearInterval(stalls)
    air.shape({ rate: RATE })
  }
}

/** A file that the other asked for, once some of it is there. */
async function fetching(
  { context, a, b, room }: Field,
  name: string,
  bytes: number,
): Promise<{ name: string }> {
  const path = join(context.directory, name)
  await writeFile(path, systemRandom.bytes(bytes))
  await a.api.post(roomPath(room, '/files'), { path })
  const id = await b.fileShown(name)
  await b.api.post(roomPath(room, `/files/${id}/resume`))
  await until('some of the file', async () => (await fileAt(b, room, name)).have > 0, LONG_MS)
  return { name }
}

async function fileAt(node: Daemon, room: string, name: string): Promise<FileView> {
  const files = await node.api.get<FileView[]>(roomPath(room, '/files'))
  return files.find((file) => file.name === name)!
}

function makeAir({ own }: BenchContext): Air {
  return own(
    new Air({
      clock: systemClock,
      random: systemRandom,
      link: { rate: RATE, latency: LATENCY, sharing: 'direction' },
    }),
  )
}
