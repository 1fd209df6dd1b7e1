import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import type { FileView } from '../../core/files/api.ts'
import { until } from '../compliance/until.ts'
import { diskBytes, filesBelow, hashOf } from './content.ts'
import type { Content } from './content.ts'
import type { LabNode } from './lab-node.ts'

const PATIENCE_MS = 180_000
const LOOK_MS = 100
const SLACK = 512 * 1024
/** A file takes whole blocks of the disk, and a folder of its own may. */
const BLOCKS = 8 * 1024

/** What `file send` answers. */
export interface Sent {
  readonly id: string
  readonly name: string
  readonly size: number
}

/** The files of one room, as the nodes of a lab tell of them. */
export class SharedFiles {
  readonly room: string

  constructor(room: string) {
    this.room = room
  }

  send(node: LabNode, { path }: Pick<Content, 'path'>, ...options: string[]): Promise<Sent> {
    return node.ask<Sent>('file', 'send', this.room, path, ...options)
  }

  /** A command about one file. */
  act(node: LabNode, verb: string, file: string, ...options: string[]): Promise<unknown> {
    return node.ask('file', verb, this.room, file, ...options)
  }

  list(node: LabNode): Promise<FileView[]> {
    return node.get<FileView[]>(`/rooms/${this.room}/files`)
  }

  async view(node: LabNode, file: string): Promise<FileView | undefined> {
    return (await this.list(node)).find(({ id }) => id === file)
  }

  /** Waits until a node shows a file as is wanted; tells how it was shown last when it never is. */
  async shown(
    node: LabNode,
    file: string,
    what: string,
    accepts: (view: FileView) => boolean,
  ): Promise<FileView> {
    let last: FileView | undefined
    let refused = ''
    try {
      return await until(
        what,
        async () => {
          await pause(LOOK_MS)
          last = await this.view(node, file).catch((error: unknown) => {
            refused = ` (${String(error)})`
            return undefined
          })
          return last && accepts(last) ? last : undefined
        },
        PATIENCE_MS,
      )
    } catch (error) {
      const { preview: _, ...shown } = last ?? {}
      const words = error instanceof Error ? error.message : String(error)
      throw new Error(
        `${words}: ${node.name} shows ${JSON.stringify(shown)}${refused}\n${node.errors}`,
        {
          cause: error,
        },
      )
    }
  }

  /** Waits until that much of it is there, but not all. */
  async under(node: LabNode, file: string, least: number): Promise<FileView> {
    const view = await this.shown(node, file, `${least} bytes on ${node.name}`, ({ have }) => {
      return have >= least
    })
    if (view.state === 'complete') throw new Error('it was complete too soon to look at it')
    return view
  }

  async complete(node: LabNode, file: string): Promise<FileView> {
    return this.shown(node, file, `${file} on ${node.name}`, ({ state }) => state === 'complete')
  }

  /** Waits until all of it is there, then looks at every byte. */
  async whole(node: LabNode, file: string, content: Content): Promise<FileView> {
    const view = await this.complete(node, file)
    await sameBytes(view.path!, content)
    return view
  }

  /** Asks for it as soon as its message is here: what nobody asked for makes way when it stands still. */
  async want(node: LabNode, file: string): Promise<void> {
    await this.shown(node, file, `the offer on ${node.name}`, () => true)
    await this.act(node, 'resume', file)
  }

  /** Waits until nothing is on its way to a node. */
  async quiet(node: LabNode): Promise<void> {
    await until(
      `nothing to be under way to ${node.name}`,
      async () => {
        await pause(LOOK_MS)
        return (await this.list(node)).every(({ state }) => state !== 'downloading')
      },
      PATIENCE_MS,
    )
  }

  /** Waits until it is not in the room any more. */
  async gone(node: LabNode, file: string): Promise<void> {
    await until(
      `${file} to be gone on ${node.name}`,
      async () => {
        await pause(LOOK_MS)
        return (await this.view(node, file)) === undefined
      },
      PATIENCE_MS,
    )
  }

  /** Throws when a node keeps anything of files beside what it shows as complete. */
  async tidy(node: LabNode): Promise<void> {
    const dir = filesOf(node)
    const shown = await this.list(node)
    const paths = await filesBelow(join(dir, 'received'))
    const kept = paths.filter((path) => {
      const state = shown.find(({ id }) => path.startsWith(id))?.state ?? 'remote'
      return state === 'remote' || (state === 'complete' && path.endsWith('.part'))
    })
    if (kept.length > 0) throw new Error(`${node.name} keeps ${kept.join(', ')}`)
    const received = shown.filter(({ own, state }) => !own && state !== 'remote')
    const wanted = received.reduce((sum, { size, files = 1 }) => sum + size + files * BLOCKS, SLACK)
    const taken = await diskBytes(dir)
    if (taken > wanted) throw new Error(`files take ${taken} bytes of ${node.name}, not ${wanted}`)
  }
}

/** Where a node keeps what it has of files. */
export function filesOf(node: LabNode): string {
  return join(node.data, 'files')
}

/** Waits until a node's files take at most so many bytes of its disk. */
export async function freed(node: LabNode, most: number): Promise<void> {
  let taken = 0
  await until(`the bytes on ${node.name} to be freed`, async () => {
    await pause(LOOK_MS)
    taken = await diskBytes(filesOf(node))
    return taken <= most
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: files take ${taken} bytes, not ${most}`, { cause: error })
  })
}

/** Throws when a copy is not what was sent. */
export async function sameBytes(path: string, { hash }: Content): Promise<void> {
  if ((await hashOf(path)) !== hash) throw new Error(`${path} is not what was sent`)
}
