/** One touch away. */
export const QUICK_EMOJI = ['👍', '❤️', '😂', '😮', '😢', '🙏'] as const

/** One touch further; any other can be typed. */
export const MORE_EMOJI: readonly string[] =
  '😀 😊 😍 🤔 😴 😎 🥳 😡 😱 🤗 🙄 😬 👏 🙌 👋 🤝 💪 👎 👌 🤞 ✅ ❌ ❓ ❗ 💡 🔥 💧 ⚡ 🔋 🏠 🍞 ☕ 🎉 🎂 🐾'.split(
    ' ',
  )

/** The first emoji or character of what was typed; null when there is none. */
export function oneEmoji(typed: string): string | null {
  const trimmed = typed.trim()
  if (trimmed === '') return null
  if (typeof Intl.Segmenter !== 'function') return Array.from(trimmed).slice(0, 8).join('')
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(trimmed)
  return first?.segment ?? null
}
