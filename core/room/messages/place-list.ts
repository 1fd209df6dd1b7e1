/** Numbers at sequences of one log, kept in order: 16 bytes each. Cheap to add to at its end. */
export class PlaceList {
  readonly seqs: number[] = []
  readonly values: number[] = []

  /** False, with the value kept that was there, when the sequence is there already. */
  add(seq: number, value: number): boolean {
    const at = this.#lowerBound(seq)
    if (this.seqs[at] === seq) return false
    if (at === this.seqs.length) {
      this.seqs.push(seq)
      this.values.push(value)
    } else {
      this.seqs.splice(at, 0, seq)
      this.values.splice(at, 0, value)
    }
    return true
  }

  get(seq: number): number | undefined {
    const at = this.#lowerBound(seq)
    return this.seqs[at] === seq ? this.values[at] : undefined
  }

  #lowerBound(seq: number): number {
    let low = 0
    let high = this.seqs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.seqs[middle]! < seq) low = middle + 1
      else high = middle
    }
    return low
  }
}
