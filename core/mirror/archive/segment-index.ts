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

/** Segments of one log. An author can make ones that can never be joined, each of a block. */
const MAX_SEGMENTS = 4096

/** What a mirror has of one log. */
export class LogSegments implements LogName {
  readonly key: Buffer
  readonly manifest: Buffer
  /** By where they begin. None lies within another, so that they end in the same order. */
  readonly #segments: Segment[] = []
  /** What is there, in pieces that do not touch; null when it is to be found anew. */
  #spans: Span[] | null = []

  constructor({ key, manifest }: LogName) {
    this.key = key
    this.manifest = manifest
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  get head(): LogHead {
    return { key: this.key, manifest: this.manifest, spans: [...this.spans()] }
  }

  /** What is there, in pieces that do not touch. */
  spans(): readonly Span[] {
    if (!this.#spans) {
      this.#spans = []
      for (const segment of this.#segments) addSpan(this.#spans, segment)
    }
    return this.#spans
  }

  /** Where what is there from `from` on ends; `from` itself where nothing is. */
  end(from: number): number {
    return endOf(this.spans(), from)
  }

  /** The segment that has block `seq`: of several the one that goes furthest. */
  covering(seq: number): Segment | null {
    const last = this.#segments[this.#firstFrom(seq + 1) - 1]
    return last && last.to > seq ? last : null
  }

  has(segment: Segment): boolean {
    return this.#segments[this.#firstFrom(segment.from)] === segment
  }

  /** True when a range between these lengths fits what lies next to it on both sides. */
  fits({ from, to, before, after }: Pick<Segment, 'from' | 'to' | 'before' | 'after'>): boolean {
    const left = this.#segments[this.#firstTo(from)]
    const right = this.#segments[this.#firstFrom(to)]
    return (
      (left?.to !== from || left.after.equals(before)) &&
      (right?.from !== to || right.before.equals(after))
    )
  }

  /** False for a range that would be one segment too many: neither does it take the place of another, nor go on at the end. */
  takes({ from, to }: Span): boolean {
    if (this.#segments.length < MAX_SEGMENTS || this.#segments.at(-1)!.to === from) return true
    const other = this.#segments[this.#firstFrom(from)]
    return other !== undefined && other.to <= to
  }

  /** Takes a segment in; gives those that are worth nothing beside the others from now on, itself maybe. */
  add(segment: Segment): Segment[] {
    const { from, to } = segment
    const at = this.#firstFrom(from)
    const larger = [this.#segments[at - 1], this.#segments[at]].some(
      (other) => other && other.from <= from && other.to >= to && to - from < other.to - other.from,
    )
    if (larger) return [segment]
    if (this.#spans) addSpan(this.#spans, segment)
    return this.#segments.splice(at, this.#firstTo(to + 1) - at, segment)
  }

  remove(segment: Segment): void {
    if (!this.has(segment)) return
    this.#segments.splice(this.#firstFrom(segment.from), 1)
    this.#spans = null
  }

  #firstFrom(from: number): number {
    return firstAt(this.#segments, (one) => one.from >= from)
  }

  #firstTo(to: number): number {
    return firstAt(this.#segments, (one) => one.to >= to)
  }
}

/** The place of the first for which it holds, in a list where it holds for all behind it; the length when for none. */
function firstAt<T>(list: readonly T[], holds: (one: T) => boolean): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(list[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}

/** Adds a span to those that do not touch. */
function addSpan(spans: Span[], { from, to }: Span): void {
  const start = firstAt(spans, (one) => one.to >= from)
  const end = firstAt(spans, (one) => one.from > to)
  const [first, last] = [spans[start], spans[end - 1]]
  const touched = end > start && first && last
  const span = touched
    ? { from: Math.min(from, first.from), to: Math.max(to, last.to) }
    : { from, to }
  spans.splice(start, end - start, span)
}

/** Where the span that has `from` ends; `from` itself where none has. */
function endOf(spans: readonly Span[], from: number): number {
  const span = spans[firstAt(spans, (one) => one.to > from)]
  return span && span.from <= from ? span.to : from
}

/** The first block of what the other has (`theirs`) that is missing in `ours` (which rise); null when none is. */
export function firstMissing(ours: readonly Span[], theirs: readonly Span[]): number | null {
  for (const { from, to } of theirs) {
    const missing = endOf(ours, from)
    if (missing < to) return missing
  }
  return null
}
