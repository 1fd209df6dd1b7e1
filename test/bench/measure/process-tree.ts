import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { admin } from '../../lab/ip.ts'
import type { Usage } from './usage.ts'

const SAMPLE_MS = 100

interface Sample {
  /** Ticks of the clock that the kernel counts CPU by: of it, and of children that ended. */
  readonly ticks: number
  readonly rss: number
  readonly peak: number
}

/** A process whose children count too, or (`self: false`) its children alone. */
export interface Tree {
  readonly pid: number
  readonly self: boolean
}

/** Watches what a process and all below it take, from `start` on; Linux alone tells. */
export class TreeMeter {
  readonly #tree: Tree
  #ticksBefore = 0
  #peak = 0
  #timer: NodeJS.Timeout | undefined

  constructor(tree: Tree) {
    this.#tree = tree
  }

  /** Begins anew: the most memory is that of from now on. */
  async start(): Promise<void> {
    for (const pid of descendants(this.#tree.pid)) {
      await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {})
    }
    this.#peak = 0
    this.#ticksBefore = this.#sample()
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  async stop(): Promise<Usage> {
    clearInterval(this.#timer)
    const ticks = this.#sample() - this.#ticksBefore
    return { cpu: ticks / Number(await admin('getconf', 'CLK_TCK')), peakRss: this.#peak }
  }

  /** Notes the memory; gives the ticks so far. */
  #sample(): number {
    const { pid: root, self } = this.#tree
    const all = descendants(root)
    const samples = all.flatMap((pid) => {
      const sample = sampleOf(pid)
      return sample === null ? [] : [{ pid, ...sample }]
    })
    const counted = samples.filter(({ pid }) => self || pid !== root)
    // A process that is alone has its peak noted by the kernel; of several, the peaks may not meet.
    const memory =
      counted.length === 1 ? counted[0]!.peak : counted.reduce((sum, { rss }) => sum + rss, 0)
    this.#peak = Math.max(this.#peak, memory)
    return samples.reduce((sum, { ticks }) => sum + ticks, 0)
  }
}

function descendants(root: number): number[] {
  const found = [root]
  for (let i = 0; i < found.length; i++) found.push(...childrenOf(found[i]!))
  return found
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((child) => child !== '')
        .map(Number),
    )
  } catch {
    // It, or one of its threads, has just ended.
    return []
  }
}

function sampleOf(pid: number): Sample | null {
  try {
    // The name in brackets may hold spaces; the fields after it are counted from the state.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number)
    const ticks = fields[11]! + fields[12]! + fields[13]! + fields[14]!
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const bytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1_024
    return { ticks, rss: bytes('VmRSS'), peak: bytes('VmHWM') }
  } catch {
    return null
  }
}
