import { systemClock } from '../../core/clock.ts'
import { seededRandom } from '../../core/random.ts'
import { Recognition } from '../../core/recognition/recognition.ts'
import type { RecognitionOptions } from '../../core/recognition/recognition.ts'

/** One that knows nobody, but for what the options say. */
export function recognition(options: Partial<RecognitionOptions> = {}): Recognition {
  return new Recognition({
    saved: null,
    save: () => {},
    open: () => true,
    shares: () => false,
    onkeys: () => {},
    clock: systemClock,
    random: seededRandom(3),
    ...options,
  })
}
