/**
 * What two devices can have in common besides a room: a pairing code, a person who lost everything. It is found in
 * a session as rooms are, by tags that tell a stranger nothing, and then has a wire of its own.
 */
export interface Meeting {
  /** 32 bytes that both ends know. */
  readonly matchKey: Buffer
  /** True on the side that shows its tag only to who showed the other one. */
  readonly quiet: boolean
  /** The peer showed that it knows the match key. */
  open(wire: MeetingWire): MeetingEnd
}

/** The sending half of a meeting in one session. */
export interface MeetingWire {
  readonly handshakeHash: Buffer
  /** Which of the two sides this one is. */
  readonly initiator: boolean
  /** At most `MAX_MEETING` bytes. */
  send(data: Buffer): void
  /** The peer did what no honest device does. */
  reject(reason: string): void
}

/** The receiving half. */
export interface MeetingEnd {
  /** Never throws, whatever the peer sent. */
  onmessage(data: Buffer): void
  /** The session ended, or the meeting is over. */
  onclose(): void
}
