/** What a benchmark works with. */
export interface BenchContext {
  /** Fewer messages and runs: to see that it works, not for figures. */
  readonly quick: boolean
  /** How long to watch an idle node, when the person chose it. */
  readonly seconds: number | undefined
  /** For its data; removed afterwards. */
  readonly directory: string
  /** Tells the person how far it is. */
  readonly say: (line: string) => void
  /** Closes it when the benchmark ends, however it ends. */
  readonly own: <T extends Closable>(resource: T) => T
}

export interface Closable {
  close(): Promise<unknown>
}

/** A contestant and its figures, by column; null where it did not finish. */
export interface Row {
  readonly contestant: string
  readonly values: Readonly<Record<string, number | null>>
}

/** What was wished for, and whether this run reached it. */
export interface Target {
  readonly what: string
  readonly wanted: string
  readonly measured: number | null
  readonly unit: string
  readonly reached: boolean
}

export interface BenchResult {
  /** What was done, in a sentence or two: everyone did the same. */
  readonly work: string
  readonly rows: readonly Row[]
  readonly targets: readonly Target[]
  readonly notes: readonly string[]
  /** An SVG, written beside the figures. */
  readonly plot?: string
}

export interface Bench {
  readonly name: string
  /** One line for the list. */
  readonly says: string
  /** Why it cannot run here, in words that follow "it"; null when it can. */
  unavailable(): Promise<string | null>
  run(context: BenchContext): Promise<BenchResult>
}
