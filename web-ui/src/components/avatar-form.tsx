import { useRef } from 'preact/hooks'
import { smallPicture } from '../state/small-picture.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { Avatar } from './avatar.tsx'
import { Failure } from './failure.tsx'
import { ApiFailure } from '../api/api-failure.ts'

/** The picture that others see: made small here, so that nothing else of the file leaves this device. */
export function AvatarForm() {
  const store = useStore()
  const task = useTask()
  const input = useRef<HTMLInputElement>(null)
  const { owner } = store
  const picture = owner.identity.value?.avatar
  const status = store.status.value
  const choose = (file: File | undefined): void => {
    if (!file) return
    task.run(async () => {
      const image = await smallPicture(file).catch(() => {
        throw new ApiFailure('BAD_REQUEST', 'That file is no picture. Choose a photo.', 400)
      })
      await owner.setAvatar(image)
    })
  }
  return (
    <div class="avatar-form">
      <Avatar id={status?.person ?? ''} name={status?.name ?? ''} picture={picture} />
      <button
        type="button"
        class="button"
        disabled={task.busy}
        onClick={() => input.current?.click()}
      >
        {picture === undefined ? 'Add a picture' : 'Change picture'}
      </button>
      {picture !== undefined && (
        <button
          type="button"
          class="button"
          disabled={task.busy}
          onClick={() => task.run(() => owner.setAvatar(null))}
        >
          No picture
        </button>
      )}
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        aria-label="Picture file"
        onChange={(event) => {
          choose(event.currentTarget.files?.[0])
          event.currentTarget.value = ''
        }}
      />
      <Failure text={task.failure} />
    </div>
  )
}
