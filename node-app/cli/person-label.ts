import type { MemberView } from '../api/schemas.ts'
import { plain } from './terminal-text.ts'

/** A name as a terminal shows it, with the beginning of the id where another's looks the same. */
export function personLabel(
  name: string,
  id: string,
  { confusable }: Pick<MemberView, 'confusable'>,
): string {
  const shown = plain(name) || id.slice(0, 12)
  return confusable ? `${shown} #${id.slice(0, 8)}` : shown
}
