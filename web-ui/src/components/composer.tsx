import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { RoomView } from '../api/views.ts'
import type { RoomStore } from '../state/room-store.ts'
import { useMentions } from '../state/use-mentions.ts'
import { pastedFiles } from '../state/dropped-files.ts'
import { useTask } from '../state/use-task.ts'
import { pastedName } from '../text/file-name.ts'
import { roomLeft } from '../text/message-size.ts'
import { AttachButton } from './attach-button.tsx'
import { ChosenFiles } from './chosen-files.tsx'
import { ComposerExtras } from './composer-extras.tsx'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'
import { MentionList } from './mention-list.tsx'
import { WritingNotice } from './writing-notice.tsx'

/** Where a message is written: Enter sends, Shift+Enter breaks the line, up changes the last own one. */
export function Composer({ room, view }: { room: RoomStore; view: RoomView }) {
  const box = useRef<HTMLTextAreaElement>(null)
  const task = useTask()
  const writing = room.writing.value
  const [edited, setEdited] = useState('')
  const editing = writing.kind === 'edit'
  const text = editing ? edited : room.draft.text.value
  const change = (next: string): void => (editing ? setEdited(next) : room.draft.set(next))
  const mentions = useMentions({ box, people: room.members.value, text, onChange: change })
  useEffect(() => {
    if (matchMedia('(hover: hover) and (pointer: fine)').matches) box.current?.focus()
  }, [])
  // At once, so that neither an old text nor a key of the next moment gets in between.
  useLayoutEffect(() => {
    if (writing.kind === 'edit') setEdited(writing.message.text)
    if (writing.kind !== 'new') box.current?.focus()
  }, [writing])
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight + 2}px`
  }, [text])
  const self = room.members.value.find((member) => member.self)
  if (view.role === 'reader')
    return <p class="composer reading">You can read in this room, not write.</p>
  if (self?.muted)
    return <p class="composer reading">A moderator has muted you here: you can read, not write.</p>
  const left = roomLeft(text)
  const carries = !editing && room.uploads.chosen.value.length > 0
  const ready = (text.trim() !== '' || carries) && left >= 0 && !task.busy
  const stop = (): void => {
    room.writing.value = { kind: 'new' }
  }
  const send = (): void => {
    if (!ready) return
    task.run(async () => {
      if (carries) room.sendFiles(text.trim())
      else await room.send(text.trim())
      if (!editing) room.draft.set('')
    })
    box.current?.focus()
  }
  const onKey = (event: KeyboardEvent): void => {
    // While an input method is composing, its keys choose a word.
    if (event.isComposing || mentions.onKey(event)) return
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      send()
    } else if (event.key === 'Escape' && writing.kind !== 'new') {
      stop()
    } else if (event.key === 'ArrowUp' && text === '') {
      const message = room.lastOwn()
      if (message) room.writing.value = { kind: 'edit', message }
      event.preventDefault()
    }
  }
  const paste = (event: ClipboardEvent): void => {
    const files = editing ? [] : pastedFiles(event.clipboardData)
    if (files.length === 0) return
    event.preventDefault()
    // Browsers call every copied picture “image.png”.
    room.uploads.choose(
      files.map((file) =>
        file.name === 'image.png' ? { file, name: pastedName(file.type, new Date()) } : { file },
      ),
    )
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <MentionList mentions={mentions} />
      <WritingNotice room={room} onStop={stop} />
      {!editing && <ChosenFiles uploads={room.uploads} view={view} />}
      <Failure text={task.failure} />
      <div class="row">
        {!editing && <ComposerExtras room={room} />}
        {!editing && <AttachButton uploads={room.uploads} />}
        <textarea
          ref={box}
          rows={1}
          dir="auto"
          aria-label="Message"
          aria-autocomplete="list"
          {...mentions.attributes}
          placeholder={carries ? 'Add a few words' : 'Write a message'}
          value={text}
          onInput={(event) => {
            change(event.currentTarget.value)
            mentions.look()
          }}
          onKeyDown={onKey}
          onPaste={paste}
          onClick={mentions.look}
          onBlur={mentions.close}
        />
        <button
          type="submit"
          class="send-button"
          aria-label={editing ? 'Save the change' : 'Send'}
          disabled={!ready}
        >
          <Icon name={editing ? 'saved' : 'send'} />
        </button>
      </div>
      <p class="quiet size" role="status">
        {left < 0 && 'Too long for one message. Send it in two.'}
      </p>
    </form>
  )
}
