/** The engine's limit of one message, in bytes of UTF-8. */
const LIMIT = 16 * 1024
const encoder = new TextEncoder()

/** Bytes that still fit in a message; negative when it is too long. */
export function roomLeft(text: string): number {
  return LIMIT - encoder.encode(text.trim()).length
}
