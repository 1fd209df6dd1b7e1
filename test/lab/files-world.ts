import { join } from 'node:path'
import { seededRandom } from '../../core/random.ts'
import type { Random } from '../../core/random.ts'
import { SmallDisk } from '../fault/small-disk.ts'
import { makeFile, makeFolder } from './content.ts'
import type { Content } from './content.ts'
import { Conversation } from './conversation.ts'
import { LabNode } from './lab-node.ts'
import type { Lab } from './scenario.ts'
import { SharedFiles } from './shared-files.ts'

// The store's log alone takes 70 MB of it.
const DISK_MB = 256
const LINE = { delay: 5, jitter: 2, loss: 0.001 }

/** How large a run is. */
export interface FilesScale {
  /** Rounds of trouble. */
  readonly rounds: number
  /** Of the sizes of the steps before them. */
  readonly sizes: number
  /** What the rounds are drawn from, so that a failure is no matter of luck; by chance when absent. */
  readonly seed?: number
}

/** Three computers on a switch with slow cables, and a fourth with a small disk, which comes for some steps. */
export interface Street {
  readonly lab: Lab
  readonly scale: FilesScale
  readonly a: LabNode
  readonly b: LabNode
  readonly c: LabNode
  readonly d: LabNode
  readonly disk: SmallDisk
  readonly talk: Conversation
  readonly files: SharedFiles
  /** Makes what is sent; each under a name of its own. */
  readonly made: Maker
}

/** Makes files and folders to be sent. */
export class Maker {
  readonly #dir: string
  readonly #scale: number
  readonly #random: Random

  constructor(dir: string, seed: number, scale: number) {
    this.#dir = dir
    this.#scale = scale
    this.#random = seededRandom(seed)
  }

  /** A file of so many megabytes, at the run's scale. */
  file(name: string, megabytes: number): Promise<Content> {
    const bytes = Math.round(megabytes * this.#scale * 1e6) + 1
    return makeFile(join(this.#dir, name), bytes, this.#random)
  }

  folder(name: string, files: number, megabytes: number): Promise<Content> {
    const count = Math.round(files * this.#scale)
    const bytes = Math.round(megabytes * this.#scale * 1e6)
    return makeFolder(join(this.#dir, name), count, bytes, this.#random)
  }
}

/** The disk of the fourth, which takes it as its data directory. */
export function smallDisk({ directory }: Lab): Promise<SmallDisk> {
  return SmallDisk.mount(join(directory, 'd'), DISK_MB)
}

/** The street, with everyone in its room and the fourth gone home. */
export async function meet(lab: Lab, scale: FilesScale, disk: SmallDisk): Promise<Street> {
  const { steps, network, directory } = lab
  const nodes = await steps.step('four computers on one switch, slow cables', async () => {
    const bridge = await network.bridge(LINE)
    const nodes: LabNode[] = []
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) {
      nodes.push(new LabNode(await network.host(name, bridge, i + 1), directory))
    }
    await Promise.all(nodes.map((node) => node.start()))
    return nodes
  })
  const [a, b, c, d] = nodes as [LabNode, LabNode, LabNode, LabNode]
  const talk = await steps.step('a makes a room, and all come in', async () => {
    await Promise.all(nodes.map((node) => node.linked()))
    const room = await Conversation.begin(a, 'Elm Street')
    for (const [i, guest] of [b, c, d].entries()) await room.join(guest, i + 2)
    await d.stop()
    return room
  })
  const made = new Maker(join(directory, 'sent'), 11, scale.sizes)
  return { lab, scale, a, b, c, d, disk, talk, files: new SharedFiles(talk.room), made }
}

/** Three at home with good cables, whatever a part that failed left behind; the fourth away. */
export async function calm({ a, b, c, d, disk }: Street): Promise<void> {
  await d.kill()
  await disk.free()
  for (const node of [a, b, c]) {
    await node.host.replug()
    await node.host.limit(null)
    if (!node.running) await node.start()
  }
}
