/** Where a record stands in a room: the key of its log (hex), its sequence. */
export interface Place {
  readonly log: string
  readonly seq: number
}
