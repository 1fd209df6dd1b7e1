/** Bytes of a knock. */
export const KNOCK = 64

/**
 * What two devices can have in common besides a room: a pairing code, a person who lost everything. It is found in
 * a session as rooms are, by tags that tell a stranger nothing, and then has a wire of its own.
 */
export interface Meeting {
  /** 32 bytes that both ends know. */
  readonly matchKey: Buffer
  /** True on the side that shows its tag only to who proved more than that it knows the match key. */
  readonly quiet: boolean
  /** `KNOCK` bytes that prove who we are, to a peer that may or may not know the match key; without it they are noise. */
  knock?(place: MeetingPlace): Buffer | undefined
  /** The peer showed that it knows the match key. */
  open(wire: MeetingWire): MeetingEnd
}

/** One connection, as both ends know it. */
export interface MeetingPlace {
  readonly handshakeHash: Buffer
  /** Which of the two sides this one is. */
  readonly initiator: boolean
}

/** The sending half of a meeting in one session. */
export interface MeetingWire extends MeetingPlace {
  /** The peer proved that it is who this meeting is for: it may be told that we are. */
  met(): void
  /** At most `MAX_MEETING` bytes. */
  send(data: Buffer): void
  /** The peer did what no honest device does. */
  reject(reason: string): void
}

/** The receiving half. */
export interface MeetingEnd {
  /** Never throws, whatever the peer sent. */
  onmessage(data: Buffer): void
  /** What the peer's `knock` made, or noise; never throws. */
  onknock?(data: Buffer): void
  /** The session ended, or the meeting is over. */
  onclose(): void
}
