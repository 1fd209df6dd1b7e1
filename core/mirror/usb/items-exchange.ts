import { join } from 'node:path'
import { PorchlightError } from '../../errors.ts'
import { chunkCount, SEAL } from '../../files/descriptor.ts'
import type { Held } from '../../files/held.ts'
import type { CarryReport } from '../api.ts'
import type { ArchiveMirror } from '../archive/archive-mirror.ts'
import type { Copy, ItemName } from '../copy.ts'
import { isItem, rootsIn, StickItem } from './stick-item.ts'

/** The files of this device, as an exchange with a medium sees them: sealed chunks, no keys. */
export interface CarriedItems {
  /** An item of this copy, all of which is here; null when it is not. */
  whole(copy: Copy, item: ItemName): Held | null
  /** An item of this copy that is wanted here and is not whole, begun where it was not; null when it is not wanted. */
  wanted(copy: Copy, item: ItemName): Promise<Held | null>
}

interface Pair {
  readonly copy: Copy
  readonly mirror: ArchiveMirror
}

type Counts = { -readonly [K in keyof CarryReport['read']]: CarryReport['read'][K] }

/** What exchanging files with a medium needs. */
export interface ItemsExchangeOptions {
  readonly items: CarriedItems
  readonly space: (bytes: number) => Promise<() => void>
  readonly signal?: AbortSignal | undefined
  /** Counted up. */
  readonly read: Counts
  readonly written: Counts
  readonly onprogress: () => void
  readonly onproblem: (words: string) => void
  /** What fails of one file goes on with the next: null. Rejects when nothing can go on. */
  readonly guard: <T>(work: () => Promise<T>) => Promise<T | null>
}

interface Task {
  readonly pair: Pair
  readonly item: ItemName
  readonly stick: StickItem
}

/** Takes in wanted files from a medium and writes others to it, small ones first. */
export class ItemsExchange {
  readonly #options: ItemsExchangeOptions

  constructor(options: ItemsExchangeOptions) {
    this.#options = options
  }

  async run(pairs: readonly Pair[]): Promise<void> {
    const { guard } = this.#options
    const there = await this.#tasks(pairs, ({ mirror }) => mirror.items())
    for (const task of there) await guard(() => this.#read(task))
    const here = await this.#tasks(pairs, ({ copy }) => copy.items())
    for (const task of here) await guard(() => this.#write(task))
  }

  async #tasks(
    pairs: readonly Pair[],
    list: (pair: Pair) => Promise<readonly ItemName[] | null>,
  ): Promise<Task[]> {
    const { guard } = this.#options
    const tasks: Task[] = []
    for (const pair of pairs) {
      const items = join(pair.mirror.dir, 'items')
      for (const item of (await guard(() => list(pair))) ?? []) {
        if (isItem(item)) tasks.push({ pair, item, stick: new StickItem(items, item) })
      }
    }
    return tasks.sort((a, b) => a.item.size - b.item.size)
  }

  async #read({ pair, item, stick }: Task): Promise<void> {
    const { items, signal, read } = this.#options
    signal?.throwIfAborted()
    if (!(await stick.isThere())) return
    const held = await items.wanted(pair.copy, item)
    if (!held) return
    const sound = await stick.read(held, this.#moving(read)).catch((error: unknown) => {
      if (!isFull(error)) throw error
      this.#options.onproblem(
        'The disk of this device is too full for some files on the medium. They stay there; free some space here and repeat.',
      )
      return true
    })
    if (!sound) {
      this.#options.onproblem(
        'A file on the medium was damaged and was removed from it. Repeat this where the file is.',
      )
      return stick.remove()
    }
    if (held.have.isFull) read.files++
  }

  async #write({ pair, item, stick }: Task): Promise<void> {
    const { items, signal, written } = this.#options
    signal?.throwIfAborted()
    const there = await stick.isThere()
    const held = there ? null : items.whole(pair.copy, item)
    const wrote = held !== null && (await this.#room(held, stick))
    if (wrote) written.files++
    if (there || wrote) await this.#list(pair.mirror, item)
  }

  async #room(held: Held, stick: StickItem): Promise<boolean> {
    try {
      // All of it at once: half a large file would take the space of many small ones.
      const { space } = this.#options
      ;(await space(sealedSize(held.descriptor)))()
      return await stick.write(held, this.#moving(this.#options.written))
    } catch (error) {
      if (!isFull(error)) throw error
      await stick.remove()
      this.#options.onproblem(
        'Not all files fit on the medium; messages come first. What is on it is complete; free some space on it, or use a larger one.',
      )
      return false
    }
  }

  /** Names the item in its mirror, so that who reads the medium finds it. */
  async #list(mirror: ArchiveMirror, item: ItemName): Promise<void> {
    const known = await mirror.items()
    if (known.some(({ root }) => root.equals(item.root))) return
    const there = new Set(await rootsIn(join(mirror.dir, 'items')))
    const rest = known.filter(({ root }) => there.has(root.toString('hex')))
    const { root, size, chunk } = item
    await mirror.setItems([...rest, { root, size, chunk }])
  }

  #moving(counts: Counts): Parameters<StickItem['read']>[1] {
    const { space, signal, onprogress } = this.#options
    const onbytes = (bytes: number): void => {
      counts.bytes += bytes
      onprogress()
    }
    return { space, signal, onbytes }
  }
}

function sealedSize({ size, chunk }: Pick<ItemName, 'size' | 'chunk'>): number {
  return size + chunkCount({ size, chunk }) * SEAL
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || (error instanceof PorchlightError && error.code === 'DISK_FULL')
}
