import { MAX_RANGE_BYTES } from '../copy.ts'

const MB = 1024 * 1024
/** Bytes that are asked for or being stored, over all links; a part is left for those of members. */
const ALL = 32 * MB
/** Of strangers: beyond the first an address has nothing before, and none has more than its share. */
const STRANGERS = 16 * MB
const FRESH = 24 * MB
const ADDRESS = MAX_RANGE_BYTES
/** And over one link. */
const LINK = MAX_RANGE_BYTES

/** What is asked for at a time; bytes. */
export interface Asked {
  readonly all: number
  /** Of strangers, and of those of this link's address. */
  readonly strangers: number
  readonly address: number
  readonly link: number
}

/** True while more may be asked for over a link; `paired`: of a member of a room of this device. */
export function mayAsk(paired: boolean, { all, strangers, address, link }: Asked): boolean {
  if (link >= LINK || all >= ALL) return false
  if (paired) return true
  // Few addresses that send slowly must not keep all others waiting.
  return address === 0 ? strangers < FRESH : strangers < STRANGERS && address < ADDRESS
}
