/** What the air between two adapters is like. */
export interface LinkKnobs {
  /** Bytes of ACL data a second; Infinity for no limit. */
  readonly rate: number
  /** Who shares that rate: each direction of a link has it alone, both directions of a link, or all links in the air. */
  readonly sharing: 'direction' | 'link' | 'air'
  /** Milliseconds from the end of sending to arrival, one way. */
  readonly latency: number
  /** Share of transmissions that the radio loses; each costs `retryMs` until it is sent again, and nothing is lost. */
  readonly loss: number
  readonly retryMs: number
  /**
   * A host that is late by less than this does not leave the radio idle: how a busy computer schedules us is not the
   * radio's doing, and would lower the rate.
   */
  readonly lagMs: number
  /** Share of ACL packets that vanish without a word, as from a stack that overflows. */
  readonly drop: number
  /** dBm of advertisements and links. */
  readonly rssi: number
}

/** What an adapter is like. */
export interface AdapterKnobs {
  /** Bytes of one ACL packet, and how many of them the controller takes from its host at a time. */
  readonly aclLength: number
  readonly aclBuffers: number
  /** What happens to packets beyond `aclBuffers`: taken all the same, or dropped with the event that says so. */
  readonly overflow: 'take' | 'drop'
  /** Links at a time. */
  readonly maxLinks: number
  /** Whether it holds links in both roles, and dials while it has been dialled. */
  readonly bothRoles: boolean
}

export const IDEAL_LINK: LinkKnobs = {
  rate: Infinity,
  sharing: 'link',
  latency: 0,
  loss: 0,
  retryMs: 30,
  lagMs: 25,
  drop: 0,
  rssi: -56,
}

export const USUAL_ADAPTER: AdapterKnobs = {
  aclLength: 251,
  aclBuffers: 8,
  overflow: 'take',
  maxLinks: 10,
  bothRoles: true,
}
