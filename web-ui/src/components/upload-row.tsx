import type { UploadStore } from '../state/upload-store.ts'
import type { Upload } from '../state/uploads.ts'
import { kindOf } from '../text/file-kind.ts'
import { shownName } from '../text/file-name.ts'
import { bytes } from '../text/words.ts'
import { FileBar } from './file-bar.tsx'
import { FileName } from './file-name.tsx'
import { Icon } from './icon.tsx'
import { MessageText } from './message-text.tsx'

const MAYBE =
  'Porchlight did not answer, so this may or may not have been sent. Look above before sending it again.'

/** A file on its way to the node, and the truth about it. */
export function UploadRow({ upload, uploads }: { upload: Upload; uploads: UploadStore }) {
  const { key, request, size, sent, state, reason } = upload
  const name = shownName(request.name)
  const kind = kindOf({ name, type: request.type ?? '' })
  const stuck = state === 'refused' || state === 'unknown'
  return (
    <li class={`message own first last unsent ${stuck ? 'stuck' : ''}`}>
      <div class="bubble-line">
        <div class="bubble">
          <div class="file" role="group" aria-label={`Sending ${name}`}>
            <div class="file-row">
              <span class={`file-icon ${kind}`}>
                <Icon name={kind} />
              </span>
              <div class="grow">
                <FileName name={name} />
                <small>{bytes(size)}</small>
              </div>
            </div>
            {!stuck && state !== 'sent' && (
              <>
                <FileBar
                  label={`Progress of ${name}`}
                  have={sent}
                  size={size}
                  still={state === 'waiting'}
                />
                <p class="file-state">{stateWords(upload)}</p>
                <div class="row">
                  <button
                    type="button"
                    class="button small"
                    aria-label={`Do not send ${name}`}
                    onClick={() => uploads.cancel(key)}
                  >
                    <Icon name="close" /> Cancel
                  </button>
                </div>
              </>
            )}
          </div>
          {request.text !== undefined && <MessageText text={request.text} />}
        </div>
      </div>
      {state === 'sent' && (
        <p class="meta">
          <span class="delivery">
            <Icon name="saved" /> Saved here
          </span>
        </p>
      )}
      {stuck && (
        <div class="stuck-choice" role="alert">
          <p>{state === 'unknown' ? MAYBE : `Not sent. ${reason ?? ''}`}</p>
          <button type="button" class="button" onClick={() => uploads.resend(key)}>
            Send again
          </button>
          <button type="button" class="button" onClick={() => uploads.cancel(key)}>
            Discard
          </button>
        </div>
      )}
    </li>
  )
}

function stateWords({ state, sent, size }: Upload): string {
  if (state === 'waiting') return 'Waits for the one before it.'
  if (state === 'finishing') return 'Making it ready to share…'
  return `${bytes(sent)} of ${bytes(size)}`
}
