import type { LogHead, LogName, Span } from '../copy.ts'

/** A range in a segment file. */
export interface Segment {
  readonly file: number
  /** Where in the file it begins, and how many bytes it takes. */
  readonly at: number
  readonly bytes: number
  readonly from: number
  readonly to: number
  /** Names the log's roots at `from` and at `to`. */
  readonly before: Buffer
  readonly after: Buffer
}

/** What a mirror has of one log. */
export class LogSegments implements LogName {
  readonly key: Buffer
  readonly manifest: Buffer
  /** By where they begin, then by where they end. */
  #segments: Segment[] = []

  constructor({ key, manifest }: LogName) {
    this.key = key
    this.manifest = manifest
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  get head(): LogHead {
    return { key: this.key, manifest: this.manifest, spans: this.spans() }
  }

  /** What is there, in pieces that do not touch. */
  spans(): Span[] {
    const spans: { from: number; to: number }[] = []
    for (const { from, to } of this.#segments) {
      const last = spans.at(-1)
      if (last && from <= last.to) last.to = Math.max(last.to, to)
      else spans.push({ from, to })
    }
    return spans
  }

  /** Where what is there from `from` on ends; `from` itself where nothing is. */
  end(from: number): number {
    const span = this.spans().find((each) => each.from <= from && from < each.to)
    return span?.to ?? from
  }

  /** The segment that has block `seq`: of several the one that goes furthest. */
  covering(seq: number): Segment | null {
    let best: Segment | null = null
    for (const segment of this.#segments) {
      if (segment.from > seq) break
      if (segment.to > seq && segment.to > (best?.to ?? 0)) best = segment
    }
    return best
  }

  /** True when a range between these lengths fits what lies next to it on both sides. */
  fits({ from, to, before, after }: Pick<Segment, 'from' | 'to' | 'before' | 'after'>): boolean {
    return this.#segments.every(
      (other) =>
        (other.to !== from || other.after.equals(before)) &&
        (other.from !== to || other.before.equals(after)),
    )
  }

  /** Takes a segment in; gives those that are worth nothing beside the others from now on, itself maybe. */
  add(segment: Segment): Segment[] {
    const covered = (a: Segment, b: Segment): boolean => b.from <= a.from && a.to <= b.to
    const useless = this.#segments.filter((other) => covered(other, segment))
    const larger = this.#segments.some((o) => !useless.includes(o) && covered(segment, o))
    if (larger) return [segment]
    const rest = this.#segments.filter((other) => !useless.includes(other))
    this.#segments = [...rest, segment].sort((a, b) => a.from - b.from || a.to - b.to)
    return useless
  }

  remove(segment: Segment): void {
    this.#segments = this.#segments.filter((other) => other !== segment)
  }
}

/** The first block of what the other has (`theirs`) that is missing in `ours`; null when none is. */
export function firstMissing(ours: readonly Span[], theirs: readonly Span[]): number | null {
  for (const { from, to } of theirs) {
    const span = ours.find((each) => each.from <= from && from < each.to)
    const missing = span?.to ?? from
    if (missing < to) return missing
  }
  return null
}
