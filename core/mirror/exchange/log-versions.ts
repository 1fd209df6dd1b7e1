import type { Copy, LogHead } from '../copy.ts'

interface Known {
  blocks: number
  version: number
}

/** What is here of the logs of a copy, numbered as it changes: a link remembers one number, not each log. */
export class LogVersions {
  readonly #known = new Map<string, Known>()
  #last = 0

  /** The number of the newest change. */
  get last(): number {
    return this.#last
  }

  /** Those that changed after the number `told`, given all that is here now. */
  news(heads: readonly LogHead[], told: number): LogHead[] {
    const news = heads.filter((head) => this.#note(head).version > told)
    if (this.#known.size > heads.length) this.#prune(heads)
    return news
  }

  #note({ key, spans }: LogHead): Known {
    const log = key.toString('hex')
    const blocks = spans.reduce((sum, { from, to }) => sum + to - from, 0)
    let known = this.#known.get(log)
    if (!known) this.#known.set(log, (known = { blocks: 0, version: 0 }))
    if (known.blocks !== blocks) {
      known.blocks = blocks
      known.version = ++this.#last
    }
    return known
  }

  /** What is gone is forgotten, and told again when it comes back. */
  #prune(heads: readonly LogHead[]): void {
    const here = new Set(heads.map(({ key }) => key.toString('hex')))
    for (const log of this.#known.keys()) if (!here.has(log)) this.#known.delete(log)
  }
}

/** The versions of all copies, each for as long as somebody speaks of it. */
export class CopyVersions {
  readonly #of = new WeakMap<Copy, LogVersions>()

  of(copy: Copy): LogVersions {
    let versions = this.#of.get(copy)
    if (!versions) this.#of.set(copy, (versions = new LogVersions()))
    return versions
  }
}
