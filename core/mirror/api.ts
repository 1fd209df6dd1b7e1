/** Mirrors, carrying and circuits as programs see them: types only. */

/** A node that offers space, and is in reach or was lately. */
export interface NodeView {
  /** Its node key (hex): its device id. */
  readonly id: string
  readonly name: string
  /** How it is reached; null while it is not. */
  readonly transport: string | null
  /** Bytes it would still take from this device, as it says. */
  readonly free: number
  /** It relays for those who can not reach each other directly. */
  readonly relays: boolean
  /** This device shares a room with it: it keeps half of its space for such. */
  readonly paired: boolean
  /** Rooms of this device that it is asked to mirror (ids). */
  readonly rooms: readonly string[]
}

/** One room at one blind peer. */
export interface MirrorView {
  readonly room: string
  /** Node key (hex). */
  readonly node: string
  /** What the node calls itself; empty while it was never met. */
  readonly name: string
  /**
   * `stored`: it said that it holds, durably, all that this device has. `storing`: on the way. `away`: not in reach;
   * what it held when it was is in `behind`. `refused`: it does not store, `reason` says why.
   */
  readonly state: 'storing' | 'stored' | 'refused' | 'away'
  readonly reason?: string
  /** Records here that the node did not say it holds. */
  readonly behind: number
  /** Bytes of this room at the node, as it says; null while unknown. */
  readonly bytes: number | null
  /** Wall-clock ms until when it keeps them, unless a depositor comes again; null while unknown. */
  readonly until: number | null
  /** Wall-clock ms when it was last in reach; null for never. */
  readonly seen: number | null
  /** Files of the room, as the node says; absent while it is away or holds nothing. */
  readonly files?: MirrorFiles
  /** The person (hex) who added it. */
  readonly by: string
}

/** How far a node has the files of a room. */
export interface MirrorFiles {
  /** Files that this device asked it to keep. */
  readonly named: number
  /** Of these, those all of which is there. */
  readonly kept: number
  /** Those that it does not keep, and why not those that it was asked for last. */
  readonly refused: number
  readonly reason?: string
}

/** What this device keeps for others, none of which it can read. */
export interface HeldView {
  readonly mirrors: number
  readonly depositors: number
  readonly bytes: number
  /** Of that, what strangers' devices gave it to carry. */
  readonly carried: { readonly mirrors: number; readonly bytes: number }
}

/** What this device does for others; bytes. */
export interface SharingSettings {
  /** Offers space to whoever comes (`--neighbourhood`). */
  readonly neighbourhood: boolean
  readonly quota: number
  /** Carries strangers' messages from place to place. */
  readonly carry: boolean
  readonly carryQuota: number
  /** Passes circuits on between neighbours, and relays on the internet. */
  readonly relay: boolean
}

/** How far an exchange with a directory is. */
export interface CarryProgress {
  readonly phase: 'reading' | 'writing' | 'syncing'
  readonly bytes: number
}

/** What `carry DIR` did. All of it is on the medium, synced, when it resolves. */
export interface CarryReport {
  readonly dir: string
  /** Rooms of this device that were exchanged. */
  readonly rooms: number
  /** Mirrors of others that were exchanged. */
  readonly mirrors: number
  /** Records and files that came from the directory, and went to it. */
  readonly read: { readonly records: number; readonly files: number; readonly bytes: number }
  readonly written: { readonly records: number; readonly files: number; readonly bytes: number }
  /** What could not be read or written, and why, in words; at most 20. */
  readonly problems: readonly string[]
}

export interface MirrorsApi {
  /** Nodes that offer space: in reach, or asked to mirror a room of this device. */
  nodes(): readonly NodeView[]
  /** Blind peers of one room, or of all. */
  list(room?: string): readonly MirrorView[]
  /**
   * Asks a node to mirror a room, for all its members. `node`: its id, a unique beginning of it or its unique name when
   * it is known or in reach. Errors: `NOT_FOUND`, `NOT_ALLOWED`, `BAD_REQUEST`, `DISK_FULL`.
   */
  add(room: string, node: string): Promise<MirrorView>
  /** Takes it back; the node deletes once the last depositor said so, or their time is over. Errors: `NOT_FOUND`, `NOT_ALLOWED`. */
  remove(room: string, node: string): Promise<void>
  /** What this device holds for others. */
  held(): HeldView
  /** Deletes all that this device carries or mirrors for others. */
  drop(what: 'carried' | 'all'): Promise<void>
  readonly settings: SharingSettings
  setSettings(change: Partial<SharingSettings>): Promise<SharingSettings>
  /** Exchanges all rooms with a directory, on removable media as a rule. Errors: `NOT_FOUND`, `NOT_ALLOWED`, `DISK_FULL`, `DAMAGED`. */
  carry(
    dir: string,
    options?: { onprogress?: (progress: CarryProgress) => void; signal?: AbortSignal },
  ): Promise<CarryReport>
}
