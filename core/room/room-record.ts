/** What this device keeps of a room beside its logs; keys are hex. It holds secrets: sealed, never logged. */
export interface RoomRecord {
  /** Key of the control log. */
  key: string
  /** Opens the control log; who holds it can find the room's members. */
  encryptionKey: string
  /** Makes this device's log keys in the room its own and this membership's. */
  salt: string
  /**
   * Our join statement (base64), and the seed of the invite that we came by: null for one more device of someone
   * who is in. Absent for the creator.
   */
  invite?: {
    seed: string | null
    statement: string
    /** Nodes (hex) by which the room is reached when no member is. */
    nodes?: string[]
  }
  /** Key of this device's control log. */
  writer: string
  /** How many content logs this device began here. */
  logs: number
  /** Epoch id → content key. */
  epochs: Record<string, string>
  /** The epoch that the room used when it was last looked at. */
  inUse?: number
  /** Epoch → wall-clock ms when this device saw another take its place. */
  superseded?: Record<string, number>
  /** Epochs whose keys were deleted, as the room's settings ask. */
  forgotten?: number[]
  /** The last record read: its log and sequence. */
  read: { log: string; seq: number } | null
  /** The room's name when it was last known. */
  name: string
  /** The room of this person's own devices; absent for rooms with others. */
  kind?: 'personal'
}
