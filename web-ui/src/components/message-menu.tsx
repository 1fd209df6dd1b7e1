import { useState } from 'preact/hooks'
import type { MessageView, Role } from '../api/views.ts'
import { isModerator } from '../state/ranks.ts'
import type { RoomStore } from '../state/room-store.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { EmojiChoice } from './emoji-choice.tsx'
import { Failure } from './failure.tsx'
import { Icon, type IconName } from './icon.tsx'
import { Popup } from './popup.tsx'

/** What can be done with the message whose menu is open. */
export function MessageMenu({ room, role }: { room: RoomStore; role: Role }) {
  const open = room.menu.value
  return open && <OpenMenu room={room} role={role} message={open.message} at={open.at} />
}

interface OpenMenuProps {
  readonly room: RoomStore
  readonly role: Role
  readonly message: MessageView
  readonly at: DOMRect
}

function OpenMenu({ room, role, message, at }: OpenMenuProps) {
  const store = useStore()
  const task = useTask()
  const [asked, setAsked] = useState<'delete' | 'hide' | null>(null)
  const close = (): void => {
    room.menu.value = null
  }
  const act = (work: () => Promise<void>): void =>
    task.run(async () => {
      await work()
      close()
    })
  const { own } = message
  const alive = ['text', 'location', 'file'].includes(message.kind)
  const there = alive || message.kind === 'unknown'
  const writes = role !== 'reader'
  const moderates = isModerator(role)
  const reactions = new Set(
    message.reactions?.flatMap(({ emoji, own: mine }) => (mine ? emoji : [])),
  )
  const label = own ? 'Your message' : `Message from ${message.authorName || 'somebody'}`
  if (asked !== null) {
    return (
      <Popup label={label} at={at} onClose={close}>
        <p class="popup-words">
          {asked === 'delete'
            ? deleteWords(message)
            : 'Hide this message from everyone in the room? A moderator can show it again.'}
        </p>
        <Failure text={task.failure} />
        <div class="row end">
          <button type="button" class="button" data-autofocus onClick={close}>
            Keep it
          </button>
          <button
            type="button"
            class="button danger"
            disabled={task.busy}
            onClick={() =>
              act(() => (asked === 'delete' ? room.remove(message) : room.hide(message, true)))
            }
          >
            {asked === 'delete' ? 'Delete' : 'Hide'}
          </button>
        </div>
      </Popup>
    )
  }
  const item = (icon: IconName, words: string, onClick: () => void) => (
    <button type="button" class="popup-item" disabled={task.busy} onClick={onClick}>
      <Icon name={icon} /> {words}
    </button>
  )
  const write = (writing: RoomStore['writing']['value']): void => {
    close()
    room.writing.value = writing
  }
  return (
    <Popup label={label} at={at} onClose={close}>
      {writes && alive && (
        <EmojiChoice
          own={reactions}
          onChoose={(emoji) => act(() => room.react(message, emoji, !reactions.has(emoji)))}
        />
      )}
      <Failure text={task.failure} />
      {writes && there && item('reply', 'Answer', () => write({ kind: 'answer', to: message }))}
      {own &&
        writes &&
        message.kind === 'text' &&
        item('edit', 'Change the text', () => write({ kind: 'edit', message }))}
      {alive &&
        message.text !== '' &&
        // Absent outside a secure context.
        'clipboard' in navigator &&
        item('copy', 'Copy the text', () =>
          act(async () => {
            await navigator.clipboard.writeText(message.text)
          }),
        )}
      {moderates &&
        alive &&
        item('pin', message.pinned ? 'Unpin' : 'Pin for everyone', () =>
          act(() => room.pin(message, message.pinned !== true)),
        )}
      {!own &&
        item('people', 'About this person', () => {
          close()
          store.showPerson(message.author)
        })}
      {moderates && !own && alive && item('hide', 'Hide from everyone…', () => setAsked('hide'))}
      {moderates &&
        message.kind === 'hidden' &&
        item('show', 'Show it again', () => act(() => room.hide(message, false)))}
      {own && alive && item('bin', 'Delete for everyone…', () => setAsked('delete'))}
    </Popup>
  )
}

function deleteWords({ kind }: MessageView): string {
  if (kind === 'file')
    return 'Delete this file for everyone? It is removed from all devices that can be reached, not from what somebody saved elsewhere.'
  return 'Delete this message for everyone? Others see that there was one, not what it said.'
}
