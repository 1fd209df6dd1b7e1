import { useRef } from 'preact/hooks'
import type { LocationPoint as Point } from '../api/views.ts'
import { geoLink, pointWords } from '../text/place-text.ts'
import { CopyButton } from './copy-button.tsx'
import { Icon } from './icon.tsx'

/** A place as numbers: no map is fetched from anywhere. */
export function LocationPoint({ point }: { point: Point }) {
  const words = useRef<HTMLElement>(null)
  const link = geoLink(point)
  const accuracy = Math.round(point.accuracy ?? 0)
  return (
    <div class="place">
      <p class="text" dir="auto">
        <Icon name="place" /> <strong>{point.label ?? 'A place'}</strong>
      </p>
      <p>
        <code ref={words}>{pointWords(point)}</code>
        {accuracy > 0 && <span class="quiet"> ± {accuracy.toLocaleString()} m</span>}
      </p>
      <p class="row">
        <CopyButton
          quiet
          text={pointWords(point)}
          label="Copy"
          selectInstead={() => words.current && getSelection()?.selectAllChildren(words.current)}
        />
        {link !== null && (
          <a class="button small" href={link} rel="noopener noreferrer">
            Open in a map app
          </a>
        )}
      </p>
    </div>
  )
}
