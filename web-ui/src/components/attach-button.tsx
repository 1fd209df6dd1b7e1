import { useRef } from 'preact/hooks'
import type { UploadStore } from '../state/upload-store.ts'
import { Icon } from './icon.tsx'

/** Picks files to send. */
export function AttachButton({ uploads }: { uploads: UploadStore }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="Add files"
        title="Add files"
        onClick={() => input.current?.click()}
      >
        <Icon name="attach" />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to send"
        onChange={(event) => {
          const picked = [...(event.currentTarget.files ?? [])]
          event.currentTarget.value = ''
          uploads.choose(picked.map((file) => ({ file })))
        }}
      />
    </>
  )
}
