/** Rounds of trouble, all drawn from one seed: what is sent, what is cut, what is killed, and when. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import { makeFile, makeFolder } from './content.ts'
import type { Content } from './content.ts'
import type { Street } from './files-world.ts'
import type { LabNode } from './lab-node.ts'

const RATE = 6e6
const LARGEST = 30e6
const FOLDERS = 0.25
const MOST_FILES = 300
const MOST_MISHAPS = 4
const STAYS_AWAY_MS = 2_500
/** Sent while nobody pulls anything: how many bytes come in for each byte of a file. */
const CALM = 8e6
/** What is smaller tells more of greetings than of files. */
const TELLING = 2e6

interface Tally {
  bytes: number
  needed: number
  came: number
  seconds: number
  kills: number
  cuts: number
}

/** Sends, cuts and kills as often as the scale says; figures at the end. */
export async function rounds(street: Street): Promise<void> {
  const { lab, scale, a, b, c, files } = street
  const { steps, directory } = lab
  const seed = Number(process.env['LAB_SEED'] ?? scale.seed ?? Math.floor(Math.random() * 1e6))
  const random = seededRandom(seed)
  const nodes = [a, b, c]
  const dir = join(directory, 'rounds')
  const sum: Tally = { bytes: 0, needed: 0, came: 0, seconds: 0, kills: 0, cuts: 0 }
  for (const node of nodes) await files.quiet(node)
  for (const { host } of nodes) await host.limit(RATE)
  const calm = await steps.step(
    `a calm round; seed ${seed} (LAB_SEED=${seed} repeats it)`,
    async () => {
      const content = await makeFile(join(dir, 'calm.bin'), CALM * scale.sizes, random)
      const before = await b.host.received()
      await c.stop()
      const { id } = await files.send(a, content)
      await files.whole(b, id, content)
      const came = (await b.host.received()) - before
      await c.start()
      await files.whole(c, id, content)
      return came / content.bytes
    },
  )
  for (let n = 1; n <= scale.rounds; n++) {
    const content = await draw(join(dir, `round ${n}`), random, LARGEST * scale.sizes)
    const sender = nodes[Math.floor(random.float() * 3)]!
    const others = nodes.filter((node) => node !== sender)
    const fate = mishaps(random, nodes, content.bytes)
    const kind = content.files > 1 ? `a folder of ${content.files} files` : 'a file'
    const name = `${n}: ${sender.name} sends ${kind}, ${content.bytes} bytes; ${fate.words}`
    await steps.step(name, async () => {
      const before = await Promise.all(others.map(({ host }) => host.received()))
      const from = performance.now()
      const id = await sendWhatever(street, sender, content, fate.killsSender)
      await fate.happen()
      for (const node of others) await files.whole(node, id, content)
      sum.seconds += (performance.now() - from) / 1_000
      const after = await Promise.all(others.map(({ host }) => host.received()))
      if (content.bytes >= TELLING) {
        sum.came += after.reduce((total, bytes, i) => total + bytes - before[i]!, 0)
        sum.needed += content.bytes * others.length
      }
      sum.bytes += content.bytes
      sum.kills += fate.kills
      sum.cuts += fate.cuts
      for (const node of nodes) await files.tidy(node)
      await files.act(sender, 'delete', id, '--everyone')
      for (const node of nodes) await files.gone(node, id)
      for (const node of nodes) await files.tidy(node)
      await rm(join(dir, `round ${n}`), { recursive: true })
    })
  }
  for (const { host } of nodes) await host.limit(null)
  steps.figure('rounds', scale.rounds, '')
  steps.figure('sent in them', sum.bytes / 1e6, 'MB')
  steps.figure('kill -9', sum.kills, '')
  steps.figure('cut cables', sum.cuts, '')
  if (sum.needed > 0) {
    steps.figure('came in more than once', 100 * (sum.came / sum.needed / calm - 1), '%')
  }
  steps.figure('sent to all have it, all rounds', sum.seconds, 's')
}

async function draw(dir: string, random: Random, largest: number): Promise<Content> {
  // As often of any order of size as of any size.
  const drawn = random.float() < 0.5 ? largest ** random.float() : largest * random.float()
  const bytes = Math.max(1, Math.round(drawn))
  if (random.float() >= FOLDERS) return makeFile(join(dir, 'file.bin'), bytes, random)
  const files = 2 + Math.floor(random.float() * MOST_FILES)
  return makeFolder(join(dir, 'folder'), files, bytes, random)
}

interface Fate {
  readonly words: string
  /** Milliseconds after which the sender is killed while it makes the item ready; null for not at all. */
  readonly killsSender: number | null
  readonly kills: number
  readonly cuts: number
  happen(): Promise<void>
}

/** What will happen, one after another, while the item is under way. */
function mishaps(random: Random, nodes: readonly LabNode[], bytes: number): Fate {
  const span = 500 + (bytes / RATE) * 1_500
  const killsSender = random.float() < 0.2 ? Math.round(random.float() * 600) : null
  const drawn = Array.from({ length: 1 + Math.floor(random.float() * MOST_MISHAPS) }, () => ({
    wait: (random.float() * span) / 2,
    away: random.float() * STAYS_AWAY_MS,
    node: nodes[Math.floor(random.float() * nodes.length)]!,
    kill: random.float() < 0.55,
  }))
  const told = drawn.map(({ node, kill }) => `${kill ? 'kill' : 'cut'} ${node.name}`)
  if (killsSender !== null) told.unshift('killed while sending')
  const kills = drawn.filter(({ kill }) => kill).length
  return {
    words: told.join(', '),
    killsSender,
    kills: kills + (killsSender === null ? 0 : 1),
    cuts: drawn.length - kills,
    async happen() {
      for (const { wait, away, node, kill } of drawn) {
        await pause(wait)
        if (kill) await node.kill()
        else await node.host.unplug()
        await pause(away)
        if (kill) await node.start()
        else await node.host.replug()
      }
    },
  }
}

/** Sends it, killed in between when that is its fate; what was not sent whole is not there at all, and is sent again. */
async function sendWhatever(
  { files }: Street,
  sender: LabNode,
  content: Content,
  killAfter: number | null,
): Promise<string> {
  if (killAfter === null) return (await files.send(sender, content)).id
  const known = new Set((await files.list(sender)).map(({ id }) => id))
  const sending = files.send(sender, content).then(
    ({ id }) => id,
    () => null,
  )
  await pause(killAfter)
  await sender.kill()
  const answered = await sending
  await sender.start()
  const there = (await files.list(sender)).filter(({ id }) => !known.has(id))
  if (answered !== null && !there.some(({ id }) => id === answered)) {
    throw new Error('a file that was said to be sent is not there')
  }
  return there[0]?.id ?? (await files.send(sender, content)).id
}
