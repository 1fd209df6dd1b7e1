import { count } from '../text/words.ts'
import { Icon } from './icon.tsx'

/** A gap is shown, never papered over. */
export function MissingNotice({ missing }: { missing: number }) {
  return (
    <div role="status">
      {missing > 0 && (
        <p class="missing">
          <Icon name="waiting" />
          <span>
            {count(missing, 'message')} {missing === 1 ? 'is' : 'are'} known but not here yet. They
            come when somebody who has them is near.
          </span>
        </p>
      )}
    </div>
  )
}
