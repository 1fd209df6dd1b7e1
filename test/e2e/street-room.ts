import type { InviteView, LocationPoint, MessageView, Role, RoomSettings } from '../../core/api.ts'
import type { StreetEngine } from './page-street.ts'

/** A message of the street, as all of its neighbours have it. */
export interface Written {
  readonly id: string
  readonly author: StreetEngine
  text: string
  kind: MessageView['kind']
  readonly sentAt: number
  readonly replyTo?: string
  readonly location?: LocationPoint
  expiresAt?: number
  /** The id of the file it carries. */
  readonly file?: string
  editedAt?: number
  pinned: boolean
  readonly reactions: Map<string, Set<StreetEngine>>
  readonly readBy: Set<StreetEngine>
}

/** A room that engines of a street share in memory. */
export class StreetRoom {
  readonly id: string
  readonly name: string
  readonly joined = new Set<StreetEngine>()
  readonly waiting = new Set<StreetEngine>()
  readonly removed = new Set<StreetEngine>()
  readonly muted = new Set<StreetEngine>()
  readonly banned = new Set<StreetEngine>()
  readonly roles = new Map<StreetEngine, Role>()
  readonly written: Written[] = []
  readonly invites: InviteView[] = []
  settings: RoomSettings = {
    history: 'all',
    rotateEvery: null,
    keepFor: null,
    disappearAfter: null,
  }

  constructor(id: string, name: string, admin: StreetEngine) {
    this.id = id
    this.name = name
    this.joined.add(admin)
    this.roles.set(admin, 'admin')
  }

  roleOf(engine: StreetEngine): Role {
    return this.roles.get(engine) ?? 'member'
  }

  /** How the engine is in the room; null when it is not. */
  stateOf(engine: StreetEngine): 'joined' | 'waiting' | 'removed' | null {
    if (this.joined.has(engine)) return 'joined'
    if (this.waiting.has(engine)) return 'waiting'
    return this.removed.has(engine) ? 'removed' : null
  }

  /** What `viewer` sees of a message, with what is held back from it taken off. */
  shown(message: Written, viewer: StreetEngine, apart: boolean): MessageView {
    const { author, kind, readBy, reactions, text, location, file, ...rest } = message
    const others = apart ? 0 : this.joined.size - 1
    const gone = kind !== 'text' && kind !== 'location' && kind !== 'file'
    const mentions = [...this.joined].filter(({ name }) => text.includes(`@${name}`))
    return {
      ...rest,
      text: gone ? '' : text,
      kind,
      author: author.personId,
      authorName: author.name,
      own: author === viewer,
      delivery:
        readBy.size > 0
          ? { state: 'read', devices: readBy.size }
          : { state: others > 0 ? 'delivered' : 'saved', devices: others },
      reactions: [...reactions]
        .filter(([, by]) => by.size > 0)
        .map(([emoji, by]) => ({ emoji, count: by.size, own: by.has(viewer) })),
      mentions: mentions.map(({ personId }) => personId),
      mentioned: mentions.includes(viewer),
      ...(location && !gone ? { location } : {}),
      ...(file !== undefined && !gone ? { file: viewer.files.card(this.id, file) } : {}),
    }
  }
}
