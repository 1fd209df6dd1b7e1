/** Files as programs see them: types only. An item is a file, or a folder sent as one. */

/**
 * `remote`: not here, and not being fetched. `downloading`: being fetched, or waiting for somebody in reach who has
 * it. `complete`: all of it is here, verified. `paused` by the person. `failed`: it can not go on by itself, `words`
 * says why; what is here is kept.
 */
export type FileState = 'remote' | 'downloading' | 'complete' | 'paused' | 'failed'

/**
 * Why an item stands still: nobody in reach has what is missing (`no-source`); this device lacks space; files reached
 * their quota; the original was changed or is gone where it was sent from, and nobody else has it; its manifest can not
 * be had undamaged from anybody in reach; what was here was moved or deleted by others than us.
 */
export type FileReason =
  | 'no-source'
  | 'disk-full'
  | 'quota'
  | 'source-changed'
  | 'source-gone'
  | 'damaged'
  | 'lost-here'
  | 'not-stored'

/** A small picture of an image, for slow links. */
export interface FilePreview {
  /** `data:` URL of a JPEG, PNG or WebP of at most 8 kB. */
  readonly data: string
  /** Pixels of the image itself. */
  readonly width: number
  readonly height: number
}

/** What a message shows of the item it carries. */
export interface FileCard {
  /** First 16 bytes of its manifest's hash (hex). */
  readonly id: string
  /** A safe base name, whatever the sender called it. */
  readonly name: string
  /** Bytes; of a folder, of all its files. */
  readonly size: number
  /** Media type as the sender claims it, from a bounded set of characters; `inode/directory` for a folder. */
  readonly type: string
  readonly state: FileState
  /** How many files a folder has. */
  readonly files?: number
  readonly preview?: FilePreview
}

/** An item as it is on this device now. */
export interface FileView extends FileCard {
  readonly messageId: string
  /** The author's person id (hex). */
  readonly author: string
  readonly authorName: string
  /** This person sent it. */
  readonly own: boolean
  /** Wall-clock milliseconds claimed by the author. */
  readonly sentAt: number
  readonly expiresAt?: number
  /** Verified bytes that are here. */
  readonly have: number
  /** Devices in reach that have some of it. */
  readonly sources: number
  readonly reason?: FileReason
  /** For people: why it stands still, what is safe, what to do. */
  readonly words?: string
  /** While downloading: bytes a second, and seconds left at that rate. */
  readonly rate?: number
  readonly secondsLeft?: number
  /** Where it is on this device, once complete. */
  readonly path?: string
}

/** A file inside a folder. */
export interface FolderEntry {
  /** Relative, of safe names, separated by `/`. */
  readonly path: string
  readonly size: number
}

/** Progress of making an item ready to be sent: its bytes are read once. */
export type ShareProgress = (done: number, total: number) => void

/** A small picture to send with an item. */
export interface SharedPreview {
  /** JPEG, PNG or WebP of at most 8 kB. */
  readonly image: Buffer
  /** Pixels of the image that it shows. */
  readonly width: number
  readonly height: number
}

export interface FileSendOptions {
  /** Said with it. */
  readonly text?: string
  readonly replyTo?: string
  readonly expiresIn?: number
  /** Shown instead of the base name of the path. */
  readonly name?: string
  readonly type?: string
  /** May come while the item is read: awaited just before the message is written; undefined for none. */
  readonly preview?: SharedPreview | Promise<SharedPreview | undefined>
  readonly signal?: AbortSignal
  readonly onprogress?: ShareProgress
}

/** Limits of what is fetched without being asked for, in bytes, by transport id; `other` for any that is not named. */
export interface AutoFetch {
  readonly lan: number
  readonly dht: number
  readonly ble: number
  readonly other: number
}

/** What this device does about a room's files. Each key absent in a room's own policy falls back to the device's. */
export interface FilePolicy {
  readonly autoFetch: AutoFetch
  /** ms after which a file that was fetched without being asked for is deleted here; null keeps it. */
  readonly keepFor: number | null
}

/** What files take of this device, and may. */
export interface FileStorage {
  /** Bytes of received files in the data directory; what a person had put elsewhere is theirs. */
  readonly used: number
  /** Most bytes of them; null for as much as the disk has. */
  readonly quota: number | null
}

/** Some bytes of a file, streamed while they arrive. */
export interface FileBytes {
  readonly name: string
  readonly type: string
  /** Bytes of the whole file. */
  readonly size: number
  /** The range: [start, end). */
  readonly start: number
  readonly end: number
  readonly stream: AsyncIterable<Uint8Array>
}

/**
 * Files of this device's rooms. `file` is a whole file id. Errors are PorchlightError: `NOT_FOUND` for what is not in
 * the room, `CLOSED` after the engine's `close`.
 */
export interface FilesApi {
  /**
   * Offers a file or folder of this computer, in place: nothing is copied, and it must stay as it is. Resolves once the
   * message is durable. Errors: `NOT_FOUND` and `FORBIDDEN` for the path, `BAD_REQUEST` (neither file nor folder, empty
   * folder, too many files), `TOO_LARGE`, `CHANGED` when it is written to meanwhile, and those of `EngineApi.send`.
   */
  send(room: string, path: string, options?: FileSendOptions): Promise<FileView>
  /** Offers bytes that come as a stream; they are stored here. Errors as above, `DISK_FULL`. */
  sendBytes(
    room: string,
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options?: Omit<FileSendOptions, 'name'>,
  ): Promise<FileView>
  /**
   * The items of a room, oldest first; those whose message is gone are not among them. Only the newest `previews` of
   * them (none, unless said) come with the preview that `show` gives.
   */
  list(room: string, options?: { previews?: number }): Promise<readonly FileView[]>
  show(room: string, file: string): Promise<FileView>
  /**
   * Fetches an item, before what is fetched without being asked for. Resolves when it is complete and verified, with
   * where it is. With `out` it is put there (a folder that exists: into it, under its own name); what is there already
   * is never replaced. Errors: `EXISTS`, `DISK_FULL`, `CHANGED`, `NOT_ALLOWED` (cancelled meanwhile); rejects with the
   * signal's reason, while the fetch goes on.
   */
  get(
    room: string,
    file: string,
    options?: { out?: string; signal?: AbortSignal },
  ): Promise<{ path: string; size: number; seconds: number }>
  /** Begins to fetch and returns. */
  fetch(room: string, file: string): Promise<FileView>
  pause(room: string, file: string): Promise<FileView>
  resume(room: string, file: string): Promise<FileView>
  /** Ends the fetch and frees what came of it. It is not fetched again unless asked for. */
  cancel(room: string, file: string): Promise<FileView>
  /**
   * Frees its bytes on this device (what was sent in place, or put to `out`, stays where it is and is offered no more).
   * With `everyone`, own messages alone: the message is deleted too, and with it the bytes on all devices.
   */
  remove(room: string, file: string, options?: { everyone?: boolean }): Promise<void>
  /** The files of a folder; waits for its contents when they are not here yet. */
  contents(
    room: string,
    file: string,
    options?: { signal?: AbortSignal },
  ): Promise<readonly FolderEntry[]>
  /**
   * Bytes of a file, or of the file at `path` in a folder, fetched first when they are not here. `start` defaults to 0,
   * `end` (exclusive) to its size. Errors: `BAD_REQUEST` for a range outside of it.
   */
  read(
    room: string,
    file: string,
    options?: { path?: string; start?: number; end?: number; signal?: AbortSignal },
  ): Promise<FileBytes>
  /** The policy that holds in a room, or the device's own. */
  policy(room?: string): FilePolicy
  /** Changes a room's policy, or (null) the device's; a key that is `null` in a room's falls back again. */
  setPolicy(room: string | null, change: FilePolicyChange): Promise<FilePolicy>
  storage(): Promise<FileStorage>
  /** Most bytes of received files; null for no limit. What is beyond it is freed by the order of eviction. */
  setQuota(bytes: number | null): Promise<FileStorage>
}

/** A change of a policy: what is absent stays; `autoFetch: null` and `keepFor: 'default'` fall back to the device's. */
export interface FilePolicyChange {
  readonly autoFetch?: Partial<AutoFetch> | null
  readonly keepFor?: number | null | 'default'
}
